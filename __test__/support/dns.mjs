// A resolver for specs of `node:dns`, which asks over HTTPS: what it answers, as a mock has it.

import { createFetchMock } from "./miniflare.mjs";

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, CAA: 257 };
export const RECORDS = {
  A: ["1.2.3.4", "5.6.7.8"],
  AAAA: ["2001:db8::1"],
  CAA: ["\\# 14 00 05 69 73 73 75 65 63 61 2e 74 65 73 74", "\\# 14 80 05 69 73 73 75 65 63 61 2e 74 65 73 74"],
  CNAME: ["cn.test."],
  MX: ["10 mail.test.", "20 mail2.test."],
  NAPTR: ["\\# 19 00 0a 00 14 01 53 03 53 49 50 00 03 73 69 70 02 69 74 00"],
  NS: ["ns1.test."],
  PTR: ["ptr.test."],
  SOA: ["ns.test. host.test. 1 2 3 4 5"],
  SRV: ["1 2 443 srv.test."],
  TXT: ["plain"],
};

/** What the resolver says of a name: `none.test` does not exist, and `broken.test` makes it fail. */
export function answer(url) {
  const { searchParams } = new URL(url);
  const [name, type] = [searchParams.get("name"), searchParams.get("type")];
  if (name === "broken.test") return [500, ""];
  const Question = [{ name, type: TYPES[type] }];
  if (name === "none.test") return [200, JSON.stringify({ Status: 3, Question })];
  const Answer = (RECORDS[type] ?? []).map((data, index) => ({ name, type: TYPES[type], TTL: 60 + index, data }));
  return [200, JSON.stringify({ Status: 0, Question, Answer })];
}

/** What snippets begin with. */
export const MODULES = `import dns from "node:dns"; import promises from "node:dns/promises";
  const show = (value) => value instanceof Error ? { name: value.name, code: value.code, message: value.message, hostname: value.hostname, syscall: value.syscall } : value;
  const caught = async (work) => { try { return show(await work()); } catch (error) { return show(error); } };
  const called = (start) => new Promise((resolve) => start((...args) => resolve(args.map(show))));`;

/** A mock that is the resolver. */
export function mocked() {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  fetchMock
    .get("https://cloudflare-dns.com")
    .intercept({ path: (path) => path.startsWith("/dns-query?"), headers: { accept: "application/dns-json" } })
    .reply(({ path, origin }) => {
      const [statusCode, data] = answer(`${origin}${path}`);
      return { statusCode, data };
    })
    .persist();
  return fetchMock;
}
