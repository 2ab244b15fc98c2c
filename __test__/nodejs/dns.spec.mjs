// Tags: every-node
// `node:dns` in a worker: queries over HTTPS, here to a resolver of the specs' own.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { MODULES, mocked } from "../support/dns.mjs";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { FLAGS, sameAsNode } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

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
