// RocksDB and V8 in one library: each fails in its own way, in one process, and both go on.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { text } from "../support/dispatch.mjs";

const { binding } = createRequire(import.meta.url)("../../src/node/addon.js");

describe("RocksDB beside V8", () => {
  test("returns its errors, and so does V8, again and again", async (t) => {
    const root = folder(t);
    const mf = create(t, {
      script: `export default {
      fetch() { try { null.missing; } catch (error) { return new Response(error.constructor.name); } }
    }`,
    });
    for (const name of ["first", "second"]) {
      assert.match(binding.proveRocks(path.join(root, name)), /Invalid argument/);
      assert.equal(await text(mf), "TypeError");
    }
  });

  test("says why a folder cannot be opened", (t) => {
    const root = folder(t, { file: "" });
    assert.throws(() => binding.proveRocks(path.join(root, "file")), /Failed to create RocksDB directory/);
  });
});
