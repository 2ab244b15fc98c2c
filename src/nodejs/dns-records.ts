// Records of the domain name system as a resolver over HTTPS tells them in JSON, in the forms that `node:dns` has.

import { nodeError } from "./errors.ts";

const RESOLVER = "https://cloudflare-dns.com/dns-query";

interface Answer {
  type: number;
  data: string;
  TTL: number;
}

interface Kind {
  /** The number of the type in answers. */
  number: number;
  /** The name of the call, in errors. */
  syscall: string;
  parse(data: string, ttl: number): unknown;
}

const withoutDot = (name: string) => name.replace(/\.$/, "");

/** The parts of a text: bare ones, and quoted ones with their escapes resolved. */
const partsOf = (data: string): string[] =>
  [...data.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(
    ([bare, quoted]) => quoted?.replace(/\\(\d{3}|.)/g, unescaped) ?? bare,
  );

const unescaped = (_: string, code: string) => (code.length === 3 ? String.fromCharCode(Number(code)) : code);

/** The bytes of a record of a type that the resolver does not know: `\# 3 0a 0b 0c`. */
function bytesOf(data: string): Uint8Array | undefined {
  const [, hex] = /^\\#\s+\d+\s+([\da-f\s]+)$/i.exec(data) ?? [];
  if (hex === undefined) return undefined;
  return Uint8Array.from(hex.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function caa(data: string) {
  const bytes = bytesOf(data);
  if (bytes === undefined) {
    const [flags, tag, value] = partsOf(data);
    return { critical: Number(flags), [tag]: value };
  }
  const text = new TextDecoder("latin1").decode(bytes.subarray(2));
  return { critical: bytes[0], [text.slice(0, bytes[1])]: text.slice(bytes[1]) };
}

/** The texts of bytes, each after its length; ends with a length of 0 where it is a name. */
function* labels(bytes: Uint8Array, start: number, count = Number.POSITIVE_INFINITY) {
  let at = start;
  for (let index = 0; index < count && at < bytes.length; index++) {
    const end = at + 1 + bytes[at];
    yield new TextDecoder().decode(bytes.subarray(at + 1, end));
    at = end;
  }
}

function naptr(data: string) {
  const bytes = bytesOf(data);
  const made = (order: number, preference: number, [flags, service, regexp, ...name]: string[]) => ({
    flags,
    service,
    regexp,
    replacement: withoutDot(name.filter((label) => label !== "").join(".")),
    order,
    preference,
  });
  if (bytes !== undefined) return made(bytes[0] * 256 + bytes[1], bytes[2] * 256 + bytes[3], [...labels(bytes, 4)]);
  const [order, preference, ...rest] = partsOf(data);
  return made(Number(order), Number(preference), rest);
}

function mx(data: string) {
  const [priority, exchange] = data.split(" ");
  return { exchange: withoutDot(exchange), priority: Number(priority) };
}

function srv(data: string) {
  const [priority, weight, port, name] = data.split(" ");
  return { name: withoutDot(name), port: Number(port), priority: Number(priority), weight: Number(weight) };
}

function soa(data: string) {
  const [nsname, hostmaster, ...numbers] = data.split(" ");
  const [serial, refresh, retry, expire, minttl] = numbers.map(Number);
  return { nsname: withoutDot(nsname), hostmaster: withoutDot(hostmaster), serial, refresh, retry, expire, minttl };
}

const address = (data: string, ttl: number) => ({ address: data, ttl });

/** Kinds of records, by the names that `resolve()` takes. */
export const KINDS: Record<string, Kind> = {
  A: { number: 1, syscall: "queryA", parse: address },
  AAAA: { number: 28, syscall: "queryAaaa", parse: address },
  CAA: { number: 257, syscall: "queryCaa", parse: caa },
  CNAME: { number: 5, syscall: "queryCname", parse: withoutDot },
  MX: { number: 15, syscall: "queryMx", parse: mx },
  NAPTR: { number: 35, syscall: "queryNaptr", parse: naptr },
  NS: { number: 2, syscall: "queryNs", parse: withoutDot },
  PTR: { number: 12, syscall: "queryPtr", parse: withoutDot },
  SOA: { number: 6, syscall: "querySoa", parse: soa },
  SRV: { number: 33, syscall: "querySrv", parse: srv },
  TXT: { number: 16, syscall: "queryTxt", parse: partsOf },
};

/** An error of a query, as `node:dns` has them. */
function queryError(code: string, syscall: string, hostname: string) {
  const error = Object.assign(new Error(`${syscall} ${code} ${hostname}`), { code, syscall, hostname });
  return Object.assign(error, { errno: undefined });
}

/** Asks the resolver. Rejects where there is no record of the kind. */
export async function query(name: string, type: string): Promise<unknown[]> {
  const { number, syscall, parse } = KINDS[type];
  const url = `${RESOLVER}?name=${encodeURIComponent(name)}&type=${type}`;
  const response = await fetch(url, { headers: { Accept: "application/dns-json" } });
  if (!response.ok) throw queryError("EBADRESP", syscall, name);
  const { Answer: answers = [] } = (await response.json()) as { Answer?: Answer[] };
  // Aliases that lead to the records are among the answers.
  const found = answers.filter((answer) => answer.type === number);
  if (found.length === 0) throw queryError("ENOTFOUND", syscall, name);
  return found.map(({ data, TTL }) => parse(data, TTL));
}

/** The name that stands for an address in queries of names. */
export function reverseName(text: string, family: number): string {
  if (family === 4) return `${text.split(".").reverse().join(".")}.in-addr.arpa`;
  if (family !== 6) throw nodeError(Error, "EINVAL", `getHostByAddr EINVAL ${text}`);
  const { hostname } = new URL(`http://[${text}]/`);
  const [head, tail] = hostname.slice(1, -1).split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array(8 - before.length - after.length).fill("0");
  const digits = [...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join("");
  return `${[...digits].reverse().join(".")}.ip6.arpa`;
}
