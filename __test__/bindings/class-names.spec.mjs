// Tags: oracle, every-node
// What the classes of bindings are called, and what they are to Node.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const options = {
  kvNamespaces: ["KV"],
  durableObjects: { BOX: "Box" },
  serviceBindings: { SERVICE: () => {} },
};
const SCRIPT = `export class Box {
    constructor(state) { this.state = state; }
    async fetch() {
      const { state } = this;
      const transaction = await state.storage.transaction((transaction) => transaction);
      return Response.json([state, state.id, state.storage, transaction].map(({ constructor }) => constructor.name));
    }
  }
  export default {
    async fetch(request, env, ctx) {
      const id = env.BOX.idFromName("a");
      const stub = env.BOX.get(id);
      const named = { kv: env.KV, namespace: env.BOX, id, stub, fetcher: env.SERVICE, cache: caches.default, caches, ctx };
      const names = Object.entries(named).map(([name, { constructor }]) => [name, constructor.name]);
      return Response.json([Object.fromEntries(names), await (await stub.fetch("http://localhost/")).json()]);
    }
  }`;

describe("the class", () => {
  test("of a binding is called as in Workers", differs("some have names of their own"), async (t) => {
    const [names, ofObject] = await json(create(t, { script: SCRIPT, ...options }));
    assert.deepEqual(names, {
      kv: "KvNamespace",
      namespace: "DurableObjectNamespace",
      id: "DurableObjectId",
      stub: "DurableObject",
      fetcher: "Fetcher",
      cache: "Cache",
      caches: "CacheStorage",
      ctx: "ExecutionContext",
    });
    const state = ["DurableObjectState", "DurableObjectId", "DurableObjectStorage", "DurableObjectTransaction"];
    assert.deepEqual(ofObject, state);
  });

  test("of what Node gets keeps the name that it is exported by", async (t) => {
    const mf = create(t, { script: SCRIPT, ...options });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const stub = namespace.get(namespace.newUniqueId());
    const given = [await mf.getKVNamespace("KV"), namespace, stub];
    assert.deepEqual(
      given.map((one) => one.constructor.name),
      ["KVNamespace", "DurableObjectNamespace", "DurableObjectStub"],
    );
  });
});
