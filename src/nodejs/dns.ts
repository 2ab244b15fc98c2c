// `node:dns` and `node:dns/promises`: queries over HTTPS, with `fetch`. Mocks of `fetch` answer them.

import * as constants from "unenv/node/internal/dns/constants";
import { KINDS, query, reverseName } from "./dns-records.ts";
import { invalidArgType, invalidArgValue, notImplemented, validateFunction, validateString } from "./errors.ts";
import { isIP } from "./ip.ts";

type Method = (...args: never[]) => unknown;
interface Address {
  address: string;
  ttl: number;
}
interface LookupOptions {
  all?: boolean;
  family?: unknown;
  order?: unknown;
}

const ORDERS = ["verbatim", "ipv4first", "ipv6first"];
const FAMILIES: unknown[] = [0, 4, 6, "IPv4", "IPv6"];
const SERVERS = ["1.1.1.1", "2606:4700:4700::1111", "1.0.0.1", "2606:4700:4700::1001"];
let defaultOrder = "verbatim";

const oneOf = (values: string[]) => `must be one of: ${values.map((value) => `'${value}'`).join(", ")}`;

function addresses(found: unknown[], options: unknown): unknown[] {
  const hasTtl = (options as { ttl?: boolean } | undefined)?.ttl === true;
  return (found as Address[]).map((one) => (hasTtl ? one : one.address));
}

/** The records of one type: a list, but for SOA, of which there is one. */
async function records(name: unknown, type: string, options?: unknown): Promise<unknown> {
  validateString(name, "name");
  const found = await query(name, type);
  if (type === "A" || type === "AAAA") return addresses(found, options);
  return type === "SOA" ? found[0] : found;
}

async function resolve(name: unknown, type: unknown = "A") {
  validateString(name, "name");
  if (type === "ANY") throw notImplemented("dns.resolveAny");
  if (typeof type !== "string" || !Object.hasOwn(KINDS, type)) throw invalidArgValue("rrtype", type);
  return records(name, type);
}

async function reverse(ip: unknown) {
  validateString(ip, "name");
  return query(reverseName(ip, isIP(ip)), "PTR");
}

function lookupOptions(given: unknown): Required<LookupOptions> {
  const options = (typeof given === "object" && given !== null ? given : { family: given }) as LookupOptions;
  const { all = false, family = 0, order = defaultOrder } = options;
  if (!FAMILIES.includes(family)) throw invalidArgValue("family", family, "must be one of: 0, 4, 6");
  if (!ORDERS.includes(order as string)) throw invalidArgValue("options.order", order, oneOf(ORDERS));
  return { all, family: Number(String(family).replace("IPv", "")), order };
}

/** Addresses of both families, as far as they are wanted and there. */
async function lookup(hostname: unknown, given?: unknown) {
  const { all, family, order } = lookupOptions(given);
  if (hostname) validateString(hostname, "hostname");
  const name = hostname as string;
  const known = isIP(name);
  if (!name || known !== 0) {
    const one = { address: name || null, family: known || (family === 6 ? 6 : 4) };
    return all ? [one] : one;
  }
  const types = family === 0 ? ["A", "AAAA"] : [family === 4 ? "A" : "AAAA"];
  const results = await Promise.allSettled(types.map((type) => query(name, type)));
  const found = results.flatMap((result, index) =>
    result.status === "rejected"
      ? []
      : (result.value as Address[]).map(({ address }) => ({ address, family: types[index] === "A" ? 4 : 6 })),
  );
  if (found.length === 0) throw (results[0] as PromiseRejectedResult).reason;
  if (order === "ipv6first") found.sort((a, b) => b.family - a.family);
  return all ? found : found[0];
}

function setDefaultResultOrder(order: unknown) {
  if (!ORDERS.includes(order as string)) throw invalidArgValue("dnsOrder", order, oneOf(ORDERS));
  defaultOrder = order as string;
}

const resolvers: Record<string, (name: unknown, options?: unknown) => Promise<unknown>> = {
  resolve,
  resolve4: (name, options) => records(name, "A", options),
  resolve6: (name, options) => records(name, "AAAA", options),
  resolveAny: (name) => resolve(name, "ANY"),
  reverse,
};
for (const type of ["Caa", "Cname", "Mx", "Naptr", "Ns", "Ptr", "Soa", "Srv", "Txt"]) {
  resolvers[`resolve${type}`] = (name) => records(name, type.toUpperCase());
}

/** A function that calls back with what a promise resolves with. */
function calledBack(name: string, ask: Method, spread = (value: unknown): unknown[] => [value]) {
  const called = (...args: unknown[]) => {
    const callback = args.pop();
    validateFunction(callback, "callback");
    const done = callback as (...results: unknown[]) => void;
    (ask as (...given: unknown[]) => Promise<unknown>)(...args).then(
      (value) => queueMicrotask(() => done(null, ...spread(value))),
      (error) => queueMicrotask(() => done(error)),
    );
  };
  return Object.defineProperty(called, "name", { value: name });
}

const refused = (name: string) => () => {
  throw notImplemented(`dns.${name}`);
};
const shared = {
  getServers: () => [...SERVERS],
  setServers: refused("setServers"),
};
const inPromises = { ...resolvers, lookup, lookupService: async () => refused("lookupService")() };
const inCallbacks = Object.fromEntries(
  Object.entries(resolvers).map(([name, ask]) => [name, calledBack(name, ask as Method)]),
);
const spread = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return [value];
  const { address, family } = value as { address: string; family: number };
  return [address, family];
};
const callbackLookup = calledBack("lookup", lookup as Method, spread);

/** A class of resolvers: each has the functions as methods. */
function resolverOf(functions: Record<string, unknown>) {
  class Resolver {
    cancel() {
      refused("Resolver.cancel")();
    }

    setLocalAddress() {
      refused("Resolver.setLocalAddress")();
    }
  }
  for (const name of Object.keys(functions)) {
    Object.defineProperty(Resolver.prototype, name, { value: functions[name], writable: true, configurable: true });
  }
  return Resolver;
}

const common = { ...constants, ...shared, getDefaultResultOrder: () => defaultOrder, setDefaultResultOrder };

export const promises: Record<string, unknown> = {
  ...common,
  ...inPromises,
  Resolver: resolverOf({ ...shared, ...resolvers }),
};

const dns: Record<string, unknown> = {
  ...common,
  ...inCallbacks,
  lookup(hostname: unknown, ...rest: unknown[]) {
    if (hostname && typeof hostname !== "string") throw invalidArgType("hostname", "string", hostname);
    callbackLookup(hostname, ...rest);
  },
  lookupService: refused("lookupService"),
  promises,
  Resolver: resolverOf({ ...shared, ...inCallbacks }),
};

export default dns;
