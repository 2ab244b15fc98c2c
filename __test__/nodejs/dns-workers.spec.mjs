// `node:dns` in a worker, and what `node:os` says of the machine, as on Miniflare 4: both ask the specs' own resolver.

import { after, describe } from "node:test";
import assert from "node:assert/strict";
import { answer, MODULES, mocked, RECORDS } from "../support/dns.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { FLAGS, sameAsWorkers } from "../support/nodejs.mjs";
import { within } from "../support/test.mjs";

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

sameAsWorkers(
  "node:os, and the constants of node:dns",
  { os: "node:os", dns: "node:dns" },
  {
    "have values": `return Object.entries(dns).filter(([, value]) => typeof value === "number" || typeof value === "string");`,
    "describe the machine": `return ["arch", "availableParallelism", "cpus", "endianness", "freemem", "homedir", "hostname", "loadavg", "machine", "networkInterfaces", "platform", "release", "tmpdir", "totalmem", "type", "uptime", "version"].map((name) => [name, os[name]()]).concat([[os.EOL, os.devNull]]);`,
  },
);
