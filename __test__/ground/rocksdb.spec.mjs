// Tags: oracle
// RocksDB and V8 in one library: each fails in its own way, in one process, and both go on.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { rejection, text } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { get, keeper, put } from "../support/persist.mjs";

describe("RocksDB beside V8", differs("it has no RocksDB"), () => {
  test("returns its errors, and so does V8, again and again", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch() { try { null.missing; } catch (error) { return new Response(error.constructor.name); } }
    }`,
    });
    for (const name of ["first", "second"]) {
      const root = folder(t, { CURRENT: `no manifest of ${name}` });
      const { code } = await rejection(get(keeper(t, { durableObjectsPersist: root })));
      assert.equal(code, "ERR_STORAGE_CORRUPT");
      assert.equal(await text(mf), "TypeError");
    }
    assert.deepEqual(await put(keeper(t, { durableObjectsPersist: folder(t) }), { a: "1" }), { a: "1" });
  });
});
