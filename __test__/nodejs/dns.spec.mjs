// Tags: every-node
// `node:dns` in a worker: queries over HTTPS, here to a resolver of the specs' own.

import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { create, createFetchMock, Miniflare } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { FLAGS, sameAsNode, sameAsWorkers } from "../support/nodejs.mjs";
import { test, within } from "../support/test.mjs";

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, CAA: 257 };
const RECORDS = {
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
function answer(url) {
  const { searchParams } = new URL(url);
  const [name, type] = [searchParams.get("name"), searchParams.get("type")];
  if (name === "broken.test") return [500, ""];
  const Question = [{ name, type: TYPES[type] }];
  if (name === "none.test") return [200, JSON.stringify({ Status: 3, Question })];
  const Answer = (RECORDS[type] ?? []).map((data, index) => ({ name, type: TYPES[type], TTL: 60 + index, data }));
  return [200, JSON.stringify({ Status: 0, Question, Answer })];
}

const MODULES = `import dns from "node:dns"; import promises from "node:dns/promises";
  const show = (value) => value instanceof Error ? { name: value.name, code: value.code, message: value.message, hostname: value.hostname, syscall: value.syscall } : value;
  const caught = async (work) => { try { return show(await work()); } catch (error) { return show(error); } };
  const called = (start) => new Promise((resolve) => start((...args) => resolve(args.map(show))));`;

const CASES = {
  "records of all types": `const seen = {}; for (const type of ${JSON.stringify(Object.keys(RECORDS))}) if (type !== "SOA" && type !== "SRV" && type !== "CAA" && type !== "NAPTR") seen[type] = await promises.resolve("x.test", type); return seen;`,
  "times to live": `return [await promises.resolve4("x.test", { ttl: true }), await promises.resolve6("x.test", { ttl: true })];`,
  callbacks: `return [await called((done) => dns.resolve4("x.test", done)), await called((done) => dns.resolve4("x.test", { ttl: true }, done)), await called((done) => dns.resolve("x.test", "MX", done)), await called((done) => dns.resolveMx("none.test", done)), await called((done) => dns.lookup("x.test", done)), await called((done) => dns.lookup("x.test", { all: true }, done))];`,
  "names that do not exist": `return [await caught(() => promises.resolve4("none.test")), await caught(() => promises.resolveMx("none.test")), await caught(() => promises.lookup("none.test"))];`,
  "answers that are none": `return caught(() => promises.resolve4("broken.test"));`,
  addresses: `return [await promises.lookup("x.test"), await promises.lookup("x.test", { all: true }), await promises.lookup("x.test", 6), await promises.lookup("x.test", { family: 4 }), await promises.lookup("1.2.3.4")];`,
  arguments: `return [await caught(() => promises.resolve4(5)), await caught(() => promises.resolve("x.test", "zz")), await caught(() => promises.lookup("x.test", 5)), await caught(() => promises.lookup("x.test", { order: "zz" })), await caught(() => dns.setDefaultResultOrder("zz"))];`,
  resolvers: `const resolver = new promises.Resolver(); return [await resolver.resolve4("x.test"), resolver.getServers(), dns.getServers(), dns.getDefaultResultOrder(), Object.getOwnPropertyNames(promises.Resolver.prototype).sort()];`,
};

describe("node:dns does as Miniflare 4 does", () => {
  const cases = Object.values(CASES).map((body, index) => `${index}: async () => { ${body} }`);
  const script = `${MODULES} const cases = { ${cases.join(",\n")} };
    export default { async fetch(request) { return Response.json((await cases[new URL(request.url).pathname.slice(1)]()) ?? null); } };`;
  const started = async () => {
    const { Miniflare4, Response4 } = await import("../support/miniflare-4.mjs");
    const respond = ({ url }) => {
      const [status, body] = answer(url);
      return new Response4(body, { status });
    };
    const theirs = new Miniflare4({ modules: true, script, ...FLAGS, outboundService: respond });
    return [theirs, new Miniflare({ modules: true, script, ...FLAGS, fetchMock: mocked() })];
  };
  let both;
  after(async () => Promise.all(((await both) ?? []).map((mf) => mf.dispose())));

  Object.keys(CASES).forEach((name, index) => {
    within(300_000)(name, async () => {
      both ??= started();
      const responses = await Promise.all((await both).map((mf) => mf.dispatchFetch(`http://localhost/${index}`)));
      const [theirs, ours] = await Promise.all(responses.map((response) => response.json()));
      assert.deepEqual(ours, theirs);
    });
  });
});

function mocked() {
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

const outcome = (t, body) => {
  const script = `${MODULES} export default { async fetch() { return Response.json(await (async () => { ${body} })()); } };`;
  return json(create(t, { script, ...FLAGS, fetchMock: mocked() }));
};

describe("node:dns has the forms of Node", () => {
  test("for records that Workers read otherwise", async (t) => {
    const seen = await outcome(
      t,
      `return Promise.all(["Soa", "Srv", "Caa", "Naptr"].map((name) => promises["resolve" + name]("x.test")));`,
    );
    assert.deepEqual(seen, [
      { nsname: "ns.test", hostmaster: "host.test", serial: 1, refresh: 2, retry: 3, expire: 4, minttl: 5 },
      [{ name: "srv.test", port: 443, priority: 1, weight: 2 }],
      [
        { critical: 0, issue: "ca.test" },
        { critical: 128, issue: "ca.test" },
      ],
      [{ flags: "S", service: "SIP", regexp: "", replacement: "sip.it", order: 10, preference: 20 }],
    ]);
  });

  test("for names of addresses", async (t) => {
    const asked = [];
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    const reply = ({ path }) => {
      asked.push(new URL(path, "http://x").searchParams.get("name"));
      return { statusCode: 200, data: JSON.stringify({ Answer: [{ type: 12, TTL: 1, data: "ptr.test." }] }) };
    };
    fetchMock
      .get("https://cloudflare-dns.com")
      .intercept({ path: () => true })
      .reply(reply)
      .persist();
    const script = `${MODULES} export default { async fetch() { return Response.json([await promises.reverse("1.2.3.4"), await promises.reverse("2001:db8::1"), await caught(() => promises.reverse("x"))]); } };`;
    const [four, six, wrong] = await json(create(t, { script, ...FLAGS, fetchMock }));
    assert.deepEqual([four, six, wrong.code], [["ptr.test"], ["ptr.test"], "EINVAL"]);
    const zeros = "0.".repeat(23);
    assert.deepEqual(asked, ["4.3.2.1.in-addr.arpa", `1.${zeros}8.b.d.0.1.0.0.2.ip6.arpa`]);
  });

  test("for what cannot be asked", async (t) => {
    const seen = await outcome(
      t,
      `return [await caught(() => promises.resolveAny("x.test")), await caught(() => promises.lookupService("1.2.3.4", 80)), await caught(() => dns.setServers(["1.1.1.1"])), await caught(() => new dns.Resolver().cancel())];`,
    );
    for (const { code } of seen) assert.equal(code, "ERR_METHOD_NOT_IMPLEMENTED");
  });
});

sameAsNode(
  "constants of node:dns",
  { dns: "node:dns" },
  {
    "have the values of Node": `return ["NODATA", "NOTFOUND", "SERVFAIL", "CANCELLED"].map((name) => dns[name]);`,
  },
);

sameAsWorkers(
  "node:os, and the constants of node:dns",
  { os: "node:os", dns: "node:dns" },
  {
    "have values": `return Object.entries(dns).filter(([, value]) => typeof value === "number" || typeof value === "string");`,
    "describe the machine": `return ["arch", "availableParallelism", "cpus", "endianness", "freemem", "homedir", "hostname", "loadavg", "machine", "networkInterfaces", "platform", "release", "tmpdir", "totalmem", "type", "uptime", "version"].map((name) => [name, os[name]()]).concat([[os.EOL, os.devNull]]);`,
  },
);
