// Tags: oracle
// Node's half is bundled: how that shows, and how it must not.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { root, runScript } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { create, createFetchMock, differs } from "../support/miniflare.mjs";

const OBJECT = `export class Counter { fetch() { return new Response("counted"); } }
export default { fetch: () => new Response() };`;

const nameOf = (value) => value.constructor.name;

/** The files of this package that a script has loaded, without their folder. */
async function loadedBy(source) {
  const script = `import { createRequire } from "node:module";
    const require = createRequire(${JSON.stringify(path.join(root, "index.js"))});
    const { Miniflare } = require("./index.js");
    ${source}
    const files = Object.keys(require.cache).filter((file) => file.startsWith(${JSON.stringify(path.join(root, "lib"))}));
    console.log(files.map((file) => file.split(/[\\\\/]/).at(-1)).sort().join());`;
  const { stdout, stderr } = await runScript(script, { load: false });
  assert.equal(stderr, "");
  return stdout.trim().split(",");
}

describe("the bundle of Node's half", differs("this is about our files"), () => {
  test("leaves to objects from outside the names of their classes", async (t) => {
    const mf = create(t, { script: OBJECT, durableObjects: { COUNTER: "Counter" }, kvNamespaces: ["KV"] });
    const namespace = await mf.getDurableObjectNamespace("COUNTER");
    const id = namespace.idFromName("a");
    const caches = await mf.getCaches();
    const stub = namespace.get(id);
    const objects = [namespace, id, stub, await stub.fetch("http://localhost/"), await mf.getKVNamespace("KV")];
    objects.push(await mf.getDurableObjectStorage(id), caches, caches.default, mf.clock, createFetchMock());
    assert.deepEqual(objects.map(nameOf), [
      ...["DurableObjectNamespace", "DurableObjectId", "DurableObjectStub", "Response", "KVNamespace"],
      ...["DurableObjectStorage", "CacheStorage", "Cache", "Clock", "MockAgent"],
    ]);
  });

  test("is loaded in a few files, and those of what is not used are not", async () => {
    const first = await loadedBy(`
      const mf = new Miniflare({ modules: true, script: "export default { fetch: () => new Response() }" });
      await mf.dispatchFetch("http://localhost/");
      await mf.dispose();`);
    assert.ok(first.length <= 3, first.join());
    const mocked = await loadedBy(`require("./index.js").createFetchMock();`);
    assert.ok(mocked.includes("mock-agent.js") && !mocked.includes("wrangler.js"), mocked.join());
  });

  test("says what to do when it has not been made", (t) => {
    const clone = folder(t);
    fs.copyFileSync(path.join(root, "index.js"), path.join(clone, "index.js"));
    const require = createRequire(path.join(clone, "index.js"));
    assert.throws(() => require("./index.js"), { message: /is not built: run `npm run build`/ });
  });
});
