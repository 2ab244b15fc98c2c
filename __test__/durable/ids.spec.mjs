// Tags: oracle, every-node
// Ids of Durable Objects: how they are derived, how they travel, and which are refused.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { objectScript } from "../support/durable-objects.mjs";
import { text } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

describe("an id", () => {
  const namespaces = async (t, ...names) => {
    const durableObjects = Object.fromEntries(names.map((name) => [name, "Box"]));
    const mf = create(t, { durableObjects, script: objectScript("") });
    return Promise.all(names.map((name) => mf.getDurableObjectNamespace(name)));
  };

  const vectors = [
    ["TEST", "test", "a856dbbd5109f5217920084de35ee0a24072ca790341ed4e94ee059335e587e5"],
    ["OBJ", "test", "cb2c1c98032ff982ed0ae3295d657a13d5e2265df0260f79efc7d8331b43d049"],
    ["OBJ", "", "efc7d8331b43d049442a40dd20e6314709fd079c978fc2dfefc7d8331b43d049"],
  ];
  for (const [binding, name, hex] of vectors) {
    test(`of ${binding} named ${JSON.stringify(name)} is derived as ever`, async (t) => {
      const [namespace] = await namespaces(t, binding);
      const id = namespace.idFromName(name);
      assert.equal(id.toString(), hex);
      assert.equal(id.name, name);
    });
  }

  test("is the same inside the worker", async (t) => {
    const mf = create(t, {
      durableObjects: { TEST: "Box" },
      script: `export class Box {}
    export default { fetch: (request, env) => new Response(String(env.TEST.idFromName("test"))) }`,
    });
    assert.equal(await text(mf), vectors[0][2]);
  });

  test("that is unique is new every time and begins with its time", async (t) => {
    const [namespace] = await namespaces(t, "TEST");
    const before = Date.now();
    const [one, two] = [namespace.newUniqueId(), namespace.newUniqueId({ jurisdiction: "eu" })];
    const hex = one.toString();
    assert.match(hex, /^00[0-9a-f]{62}$/);
    const made = Number(BigInt(`0x${hex.slice(2, 18)}`));
    assert.ok(made >= before && made <= Date.now(), String(made));
    assert.equal(hex.slice(-16), vectors[0][2].slice(-16));
    assert.notEqual(hex, two.toString());
    assert.equal(one.name, undefined);
  });

  test("comes back from its string, without its name", async (t) => {
    const [namespace] = await namespaces(t, "TEST");
    const named = namespace.idFromName("test");
    const parsed = namespace.idFromString(named.toString());
    assert.equal(parsed.toString(), named.toString());
    assert.equal(parsed.name, undefined);
    assert.equal(parsed.equals(named), true);
    assert.equal(named.equals(namespace.idFromName("other")), false);
    assert.equal(named.equals(named.toString()), false);
  });

  const refused = [
    ["short", "Invalid Durable Object ID. Durable Object IDs must be 64 hex digits."],
    ["z".repeat(64), "Invalid Durable Object ID. Durable Object IDs must be 64 hex digits."],
    [undefined, "Invalid Durable Object ID. Durable Object IDs must be 64 hex digits."],
    [vectors[0][2].toUpperCase(), "Invalid Durable Object ID. The ID does not match this Durable Object class."],
    ["0".repeat(64), "Invalid Durable Object ID. The ID does not match this Durable Object class."],
  ];
  for (const [string, message] of refused) {
    test(`cannot come from ${JSON.stringify(string)}`, async (t) => {
      const [namespace] = await namespaces(t, "TEST");
      assert.throws(() => namespace.idFromString(string), { name: "TypeError", message });
    });
  }

  test("of another namespace is refused, as is a value that is not an id", async (t) => {
    const [one, two] = await namespaces(t, "ONE", "TWO");
    const message = "ID is not for this Durable Object class.";
    for (const wrong of [two.idFromName("x"), one.idFromName("x").toString(), {}]) {
      assert.throws(() => one.get(wrong), { name: "TypeError", message });
    }
    assert.throws(() => one.idFromString(two.newUniqueId().toString()), {
      name: "TypeError",
      message: "Invalid Durable Object ID. The ID does not match this Durable Object class.",
    });
  });

  test("has its name alone for a property, also when it has none", async (t) => {
    const [namespace] = await namespaces(t, "TEST");
    const ids = [namespace.idFromName("x"), namespace.newUniqueId(), namespace.idFromString(vectors[0][2])];
    assert.deepEqual(ids.map(Object.keys), [["name"], ["name"], ["name"]]);
    assert.deepEqual(
      ids.map((id) => JSON.stringify(id)),
      ['{"name":"x"}', "{}", "{}"],
    );
  });

  test("comes from a name that is a string", async (t) => {
    const [namespace] = await namespaces(t, "TEST");
    for (const wrong of [undefined, 5, {}]) assert.throws(() => namespace.idFromName(wrong), TypeError);
  });

  test("knows its jurisdictions", async (t) => {
    const [namespace] = await namespaces(t, "TEST");
    assert.equal(namespace.jurisdiction("fedramp").constructor, namespace.constructor);
    assert.throws(() => namespace.jurisdiction("mars"), {
      message: `jurisdiction called with an unsupported jurisdiction: "mars"`,
    });
    assert.throws(() => namespace.newUniqueId({ jurisdiction: "mars" }), {
      message: `newUniqueId called with an unsupported jurisdiction: "mars"`,
    });
  });
});
