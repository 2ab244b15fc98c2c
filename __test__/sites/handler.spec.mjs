// Tags: oracle, every-node
// `@cloudflare/kv-asset-handler`, unchanged: bundled with a worker, as its users do, it serves the files of a site.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { folder, write } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const fixture = (name) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** Bundles a worker into a file of its own. */
async function bundled(t, name, format) {
  const file = path.join(folder(t), "worker.mjs");
  const external = ["__STATIC_CONTENT_MANIFEST"];
  const bundle = await rolldown({ input: fixture(name), external, logLevel: "silent" });
  await bundle.write({ file, format });
  return file;
}

for (const [kind, name, format] of [
  ["module", "module-worker.mjs", "esm"],
  ["service", "service-worker.mjs", "iife"],
]) {
  describe(`@cloudflare/kv-asset-handler in a ${kind} worker`, () => {
    const open = async (t, options = {}) => {
      const rootPath = folder(t, {
        "public/index.html": "<h1>home</h1>",
        "public/a b/ü.css": "body {}",
        "public/data.bin": Buffer.from([0, 255, 1]),
        "secret.txt": "secret",
      });
      const scriptPath = await bundled(t, name, format);
      const mf = create(t, { rootPath, sitePath: "public", modules: kind === "module", scriptPath, ...options });
      return { mf, rootPath };
    };

    test("serves files with their types and entity tags", async (t) => {
      const { mf } = await open(t);
      const home = await mf.dispatchFetch("http://localhost/");
      assert.deepEqual(
        [home.status, home.headers.get("content-type"), await home.text()],
        [200, "text/html; charset=utf-8", "<h1>home</h1>"],
      );
      const style = await mf.dispatchFetch("http://localhost/a%20b/%C3%BC.css");
      assert.deepEqual([style.headers.get("content-type"), await style.text()], ["text/css; charset=utf-8", "body {}"]);
      const data = await mf.dispatchFetch("http://localhost/data.bin");
      assert.deepEqual([...new Uint8Array(await data.arrayBuffer())], [0, 255, 1]);
    });

    test("says what there is not", async (t) => {
      const { mf } = await open(t);
      for (const url of ["http://localhost/none.html", "http://localhost/..%2fsecret.txt"]) {
        const response = await mf.dispatchFetch(url);
        assert.deepEqual([response.status, await response.text()], [404, "NotFoundError"]);
      }
    });

    test("serves the newest file, whatever its caching says", async (t) => {
      const { mf, rootPath } = await open(t);
      const asked = async () => {
        const response = await mf.dispatchFetch("http://localhost/index.html");
        return [response.headers.get("cf-cache-status"), await response.text()];
      };
      const before = await asked();
      write(rootPath, { "public/index.html": "changed" });
      assert.deepEqual(
        [before, await asked()],
        [
          ["MISS", "<h1>home</h1>"],
          ["MISS", "changed"],
        ],
      );
    });
  });
}
