// Tags: oracle, every-node
// Errors of objects as whoever asked the object sees them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

/** What `ask()` rejects with, `[remote, name, message]`, for an object with these members. */
const SEEN = `
  const seen = (error) => [error.remote ?? null, Object.keys(error).includes("remote"), error.name, error.message];
  export default {
    async fetch(request, env) {
      return Response.json(await env.BOX.get(env.BOX.idFromName("a")).fetch("http://localhost/").then(() => "kept", seen));
    }
  }`;
const script = (members) => `export class Box { ${members} } ${SEEN}`;
const durableObjects = { BOX: "Box" };

describe("an error of an object is remote for its caller", differs("it is not marked"), () => {
  const MEMBERS = {
    "that its handler throws": `fetch() { throw new RangeError("thrown"); }`,
    "that its handler rejects with": `async fetch() { await null; throw new RangeError("thrown"); }`,
    "that its constructor throws": `constructor() { throw new RangeError("thrown"); }`,
    "that resets it": `
      constructor(state) { state.blockConcurrencyWhile(() => Promise.reject(new RangeError("thrown"))); }
      async fetch() { return new Response(); }`,
  };
  for (const [name, members] of Object.entries(MEMBERS)) {
    test(name, async (t) => {
      const mf = create(t, { script: script(members), durableObjects });
      assert.deepEqual(await json(mf), [true, true, "RangeError", "thrown"]);
    });

    test(`${name}, in Node`, async (t) => {
      const mf = create(t, { script: script(members), durableObjects });
      const namespace = await mf.getDurableObjectNamespace("BOX");
      const error = await rejection(namespace.get(namespace.newUniqueId()).fetch(URL_ROOT));
      assert.deepEqual([error.remote, error.message], [true, "thrown"]);
    });
  }

  test("in another script", async (t) => {
    const exporting = `export class Box { fetch() { throw new RangeError("thrown"); } } export default {};`;
    const mf = create(t, {
      script: SEEN,
      durableObjects: { BOX: { className: "Box", scriptName: "other" } },
      mounts: { other: { name: "other", modules: true, script: exporting } },
    });
    assert.deepEqual(await json(mf), [true, true, "RangeError", "thrown"]);
  });
});

test("what is thrown stays as it was: a frozen error, a value that is not an error", async (t) => {
  const members = `
    fetch(request) {
      throw request.headers.get("x-frozen") ? Object.freeze(new Error("frozen")) : { thrown: true };
    }`;
  const caller = `export default {
    async fetch(request, env) {
      const stub = env.BOX.get(env.BOX.idFromName("a"));
      const ask = (headers) => stub.fetch("http://localhost/", { headers }).catch((thrown) => thrown);
      const frozen = await ask({ "x-frozen": "1" });
      return Response.json([frozen.message, Object.keys(frozen), await ask({})]);
    }
  }`;
  const mf = create(t, { script: `export class Box { ${members} } ${caller}`, durableObjects });
  assert.deepEqual(await json(mf), ["frozen", [], { thrown: true }]);
});

test("errors of the caller itself are not remote", async (t) => {
  const caller = `export default {
    async fetch(request, env) {
      const stub = env.BOX.get(env.BOX.idFromName("a"));
      const error = await stub.fetch("http://localhost/", { method: "no method" }).catch((error) => error);
      return Response.json([error instanceof TypeError, error.remote === undefined]);
    }
  }`;
  const mf = create(t, { script: `export class Box { fetch() {} } ${caller}`, durableObjects });
  assert.deepEqual(await json(mf), [true, true]);
});
