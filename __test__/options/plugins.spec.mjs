// Tags: oracle, every-node
// Plugins, as far as suites read them: the options in force.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid } from "../support/miniflare.mjs";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

const script = "export default { fetch: () => new Response() };";

describe("getPlugins", () => {
  test("has the options in force, by plugin", async (t) => {
    const rootPath = folder(t, { "wrangler.toml": `name = "api"\n[[kv_namespaces]]\nbinding = "KV"` });
    const options = { script, rootPath, wranglerConfigPath: true, durableObjectsPersist: false, bindings: { A: 1 } };
    const plugins = await create(t, options).getPlugins();
    assert.equal(plugins.CorePlugin.modules, true);
    assert.equal(plugins.CorePlugin.name, "api");
    assert.deepEqual(plugins.KVPlugin.kvNamespaces, ["KV"]);
    assert.equal(plugins.DurableObjectsPlugin.durableObjectsPersist, false);
    assert.deepEqual(plugins.BindingsPlugin.bindings, { A: 1 });
    assert.equal(plugins.CachePlugin.cachePersist, undefined);
  });

  test("has those of the reload that an event tells of", async (t) => {
    const mf = create(t, { script, bindings: { A: 1 } });
    await mf.getPlugins();
    const event = new Promise((resolve) => mf.addEventListener("reload", resolve));
    await mf.setOptions({ bindings: { A: 2 } });
    assert.deepEqual((await event).plugins.BindingsPlugin.bindings, { A: 2 });
    assert.deepEqual((await mf.getPlugins()).BindingsPlugin.bindings, { A: 2 });
  });

  test("rejects with what went wrong with the start", async (t) => {
    assert.equal((await rejection(createInvalid(t).getPlugins())).code, "ERR_NO_SCRIPT");
  });
});
