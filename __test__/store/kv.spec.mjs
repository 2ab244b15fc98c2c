// `kvPersist`: namespaces in a folder or on a Redis server, from the worker and from outside.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { runScript } from "../support/child.mjs";
import { text } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { test } from "../support/test.mjs";

const OPTIONS = {
  modules: true,
  kvNamespaces: ["NS"],
  script: `export default { async fetch(request, env) {
    const count = Number(await env.NS.get("count")) + 1;
    await env.NS.put("count", String(count));
    return new Response(count + " " + (await env.NS.list()).keys.map(({ name }) => name));
  } }`,
};

const places = { "in a folder": (t) => folder(t), "on a Redis server": async (t) => (await redis(t)).url };

for (const [where, place] of Object.entries(places)) {
  describe(`key-value namespaces ${where}`, () => {
    test("are there for another instance, from the worker and from outside", async (t) => {
      const kvPersist = await place(t);
      const mf = new Miniflare({ ...OPTIONS, kvPersist });
      assert.equal(await text(mf), "1 count");
      const namespace = await mf.getKVNamespace("NS");
      await namespace.put("outside", "value", { metadata: { a: 1 } });
      await mf.dispose();
      const other = create(t, { ...OPTIONS, kvPersist });
      assert.equal(await text(other), "2 count,outside");
      const found = await (await other.getKVNamespace("NS")).getWithMetadata("outside");
      assert.deepEqual([found.value, found.metadata], ["value", { a: 1 }]);
    });

    test("keep what a process put before it was killed", async (t) => {
      const kvPersist = await place(t);
      const source = `const mf = new Miniflare(${JSON.stringify({ ...OPTIONS, kvPersist })});
        const namespace = await mf.getKVNamespace("NS");
        await namespace.put("kept", "value");
        await namespace.put("gone", "value");
        await namespace.delete("gone");
        process.kill(process.pid, "SIGKILL");`;
      const { signal, stderr } = await runScript(source);
      assert.equal(signal, "SIGKILL", stderr);
      const mf = create(t, { ...OPTIONS, kvPersist });
      assert.equal(await text(mf), "1 count,kept");
    });
  });
}

test("kvPersist: true is ./.mf/kv below rootPath", async (t) => {
  const rootPath = folder(t);
  const mf = create(t, { ...OPTIONS, rootPath, kvPersist: true });
  assert.equal(await text(mf), "1 count");
  assert.ok(fs.statSync(path.join(rootPath, ".mf/kv")).isDirectory());
});
