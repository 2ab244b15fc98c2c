// Tags: oracle, every-node
// Watching: the worker is loaded again when a file that it was made of changes.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { rmSync, renameSync } from "node:fs";
import path from "node:path";
import { create, differs, LogLevel } from "../support/miniflare.mjs";
import { deferred, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder, write } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const says = (what) => `export default { fetch: () => new Response(${JSON.stringify(what)}) };`;
const reloaded = (mf) => new Promise((resolve) => mf.addEventListener("reload", resolve, { once: true }));

/** Watches a worker of these files, changes some of them, and gives what it answers before and after. */
async function changed(t, files, options, changes, ask = text) {
  const root = folder(t, files);
  const mf = create(t, { rootPath: root, modules: true, watch: true, ...options });
  const before = await ask(mf);
  const done = reloaded(mf);
  if (typeof changes === "function") changes(root);
  else write(root, changes);
  await done;
  return [before, await ask(mf)];
}

describe("a worker that is watched is loaded again", () => {
  test("when its script changes", async (t) => {
    const files = { "worker.mjs": says("before") };
    const after = { "worker.mjs": says("after") };
    assert.deepEqual(await changed(t, files, { scriptPath: "worker.mjs" }, after), ["before", "after"]);
  });

  test("when a module that it imports changes", async (t) => {
    const worker = `import what from "./lib/what.mjs"; export default { fetch: () => new Response(what) };`;
    const files = { "worker.mjs": worker, "lib/what.mjs": `export default "before"` };
    const after = { "lib/what.mjs": `export default "after"` };
    assert.deepEqual(await changed(t, files, { scriptPath: "worker.mjs" }, after), ["before", "after"]);
  });

  test("when a file of a binding, wrangler.toml or .env changes", async (t) => {
    const SHOW = "export default { fetch: (request, env) => Response.json(env) };";
    const files = { "text.txt": "1", "wrangler.toml": `[vars]\nA = "1"`, ".env": "B=1" };
    const options = {
      script: SHOW,
      textBlobBindings: { TEXT: "text.txt" },
      wranglerConfigPath: true,
      envPath: true,
    };
    for (const [name, content] of [
      ["text.txt", "2"],
      ["wrangler.toml", `[vars]\nA = "2"`],
      [".env", "B=2"],
    ]) {
      const [before, after] = await changed(t, files, options, { [name]: content }, json);
      assert.deepEqual(before, { A: "1", B: "1", TEXT: "1" });
      assert.deepEqual(Object.values(after).sort(), ["1", "1", "2"], name);
    }
  });

  test("when a file takes the place of another", async (t) => {
    const files = { "worker.mjs": says("before"), "next.mjs": says("after") };
    const move = (root) => renameSync(path.join(root, "next.mjs"), path.join(root, "worker.mjs"));
    assert.deepEqual(await changed(t, files, { scriptPath: "worker.mjs" }, move), ["before", "after"]);
  });

  test("when a file comes to be that was looked for", async (t) => {
    const options = { script: "export default { fetch: (request, env) => Response.json(env) };", envPath: true };
    assert.deepEqual(await changed(t, {}, options, { ".env": "A=1" }, json), [{}, { A: "1" }]);
  });

  test("by a build, when a folder that it reads changes", async (t) => {
    const buildCommand = `node -e "fs.copyFileSync('src/in.mjs', 'out.mjs')"`;
    const files = { "src/in.mjs": says("before") };
    const root = folder(t, files);
    const options = { rootPath: root, scriptPath: "out.mjs", modules: true, watch: true };
    const mf = create(t, { ...options, buildCommand, buildBasePath: root, buildWatchPaths: [path.join(root, "src")] });
    assert.equal(await text(mf), "before");
    const done = reloaded(mf);
    write(root, { "src/in.mjs": says("after") });
    await done;
    assert.equal(await text(mf), "after");
  });
});

describe("watching", () => {
  test("reaches mounts", async (t) => {
    const root = folder(t, { "api.mjs": says("before") });
    const api = { modules: true, rootPath: root, scriptPath: "api.mjs" };
    const mf = create(t, { modules: true, script: says("main"), watch: true, mounts: { api } });
    assert.equal(await text(await mf.getMount("api")), "before");
    const done = reloaded(mf);
    write(root, { "api.mjs": says("after") });
    await done;
    assert.equal(await text(await mf.getMount("api")), "after");
  });

  test("goes on after a change that breaks the script", differs("the error is thrown into the process"), async (t) => {
    const log = new RecordingLog(LogLevel.ERROR);
    const failed = deferred();
    log.error = (error) => failed.resolve(error);
    const root = folder(t, { "worker.mjs": says("before") });
    const mf = create(t, { rootPath: root, scriptPath: "worker.mjs", modules: true, watch: true, log });
    await text(mf);
    write(root, { "worker.mjs": "export default {" });
    assert.equal((await failed.promise).name, "SyntaxError");
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).name, "SyntaxError");
    const done = reloaded(mf);
    write(root, { "worker.mjs": says("repaired") });
    await done;
    assert.equal(await text(mf), "repaired");
  });

  test("once for a change that reload() has read", differs("it loads it twice"), async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    const root = folder(t, { "worker.mjs": says("before"), "text.txt": "1" });
    const textBlobBindings = { TEXT: "text.txt" };
    const mf = create(t, {
      rootPath: root,
      scriptPath: "worker.mjs",
      textBlobBindings,
      modules: true,
      watch: true,
      log,
    });
    await text(mf);
    write(root, { "worker.mjs": says("after") });
    await mf.reload();
    assert.equal(await text(mf), "after");
    // The events of the first change come before those of this one.
    const done = reloaded(mf);
    write(root, { "text.txt": "2" });
    await done;
    const changes = log.having("[mf:dbg] ").filter((line) => line.endsWith("changed..."));
    assert.deepEqual(
      changes.map((line) => path.basename(line)),
      ["text.txt changed..."],
    );
  });

  test("ends with dispose", async (t) => {
    const root = folder(t, { "worker.mjs": says("before") });
    const mf = create(t, { rootPath: root, scriptPath: "worker.mjs", modules: true, watch: true });
    await text(mf);
    await mf.dispose();
    rmSync(path.join(root, "worker.mjs"));
  });
});
