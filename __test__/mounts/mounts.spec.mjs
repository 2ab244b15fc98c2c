// Tags: oracle, every-node
// Mounts: several workers in one instance, each with a global scope of its own.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs, LogLevel } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const says = (what) => `export default { fetch: () => new Response(${JSON.stringify(what)}) };`;
const worker = (what, options = {}) => ({ modules: true, script: says(what), ...options });
const failure = (t, options) => rejection(createInvalid(t, options).dispatchFetch(URL_ROOT));

describe("mounts", () => {
  test("are workers that getMount gives, by name", async (t) => {
    const mf = create(t, { script: says("main"), mounts: { a: worker("a"), b: worker("b") } });
    assert.equal(await text(mf), "main");
    assert.equal(await text(await mf.getMount("a")), "a");
    assert.equal(await text(await mf.getMount("b")), "b");
    assert.equal(await mf.getMount("c"), undefined);
  });

  test("are the same object at every call of getMount", async (t) => {
    const mf = create(t, { script: says("main"), mounts: { a: worker("a") } });
    assert.equal(await mf.getMount("a"), await mf.getMount("a"));
  });

  test("have bindings, globals and exports of their own", async (t) => {
    const script = `export const answer = NAME; export default { fetch: (request, env) => new Response(NAME + env.KEY) };`;
    const options = (NAME, KEY) => ({ modules: true, script, globals: { NAME }, bindings: { KEY } });
    const mf = create(t, { ...options("main", 1), mounts: { api: options("api", 2) } });
    const api = await mf.getMount("api");
    assert.deepEqual([await text(mf), await text(api)], ["main1", "api2"]);
    assert.equal((await api.getBindings()).KEY, 2);
    assert.equal((await api.getGlobalScope()).NAME, "api");
    assert.equal((await api.getModuleExports()).answer, "api");
  });

  test("do not share a global scope", async (t) => {
    const script = `globalThis.count ??= 0; export default { fetch: () => new Response(String(++globalThis.count)) };`;
    const mf = create(t, { script, mounts: { api: { modules: true, script } } });
    assert.equal(await text(mf), "1");
    assert.equal(await text(await mf.getMount("api")), "1");
  });

  test("get scheduled events of their own", async (t) => {
    const script = `export default { scheduled: (controller, env) => env.NAME + controller.cron };`;
    const options = (NAME) => ({ modules: true, script, bindings: { NAME } });
    const mf = create(t, { ...options("main"), mounts: { api: options("api") } });
    assert.deepEqual(await (await mf.getMount("api")).dispatchScheduled(0, " * * * * *"), ["api * * * * *"]);
  });

  test("do without a script of the main worker", async (t) => {
    const mf = create(t, { mounts: { api: worker("api") } });
    assert.equal(await text(await mf.getMount("api")), "api");
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).code, "ERR_NO_HANDLER");
  });

  test("log with their name, and that they are experimental", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    await text(create(t, { script: says("main"), log, mounts: { api: worker("api") } }));
    assert.ok(log.having("[mf:dbg] ").includes('Mounting "api"...'), log.lines.join("\n"));
    assert.ok(log.having("[mf:dbg] ").includes("Mount Routes: <none>"), log.lines.join("\n"));
    assert.deepEqual(log.having("[mf:wrn] "), [
      "Mounts are experimental. There may be breaking changes in the future.",
    ]);
  });
});

describe("a mount that is wrong", () => {
  test("without a name is refused", async (t) => {
    const error = await failure(t, { script: says("main"), mounts: { "": worker("api") } });
    assert.deepEqual(
      [error.name, error.message],
      ["MiniflareCoreError [ERR_MOUNT_NO_NAME]", "Mount name cannot be empty"],
    );
  });

  test("with mounts of its own is refused, even when there are none", async (t) => {
    for (const mounts of [{}, undefined, { inner: worker("inner") }]) {
      const error = await failure(t, { script: says("main"), mounts: { api: worker("api", { mounts }) } });
      assert.deepEqual([error.code, error.message], ["ERR_MOUNT_NESTED", "Nested mounts are unsupported"]);
    }
  });

  test("whose script fails is named, with the error as the cause", async (t) => {
    const error = await failure(t, {
      script: says("main"),
      mounts: { api: { modules: true, script: "throw new Error('no')" } },
    });
    assert.deepEqual([error.code, error.message], ["ERR_MOUNT", 'Error mounting "api"']);
    assert.equal(error.cause.message, "no");
  });

  test("without a script is named", async (t) => {
    const error = await failure(t, { script: says("main"), mounts: { api: { rootPath: folder(t) } } });
    assert.deepEqual([error.code, error.cause.code], ["ERR_MOUNT", "ERR_NO_SCRIPT"]);
  });

  test("that calls itself by another name is refused", async (t) => {
    const error = await failure(t, { script: says("main"), mounts: { a: worker("a", { name: "b" }) } });
    assert.equal(error.code, "ERR_MOUNT_NAME_MISMATCH");
    assert.equal(error.message, 'Mounted name "a" must match service name "b"');
  });
});

describe("changes of mounts", () => {
  test("add, replace and remove workers", async (t) => {
    const mf = create(t, { script: says("main"), mounts: { a: worker("a"), b: worker("b") } });
    await mf.setOptions({ mounts: { a: worker("a, changed"), c: worker("c") } });
    assert.equal(await text(await mf.getMount("a")), "a, changed");
    assert.equal(await text(await mf.getMount("c")), "c");
    assert.equal(await mf.getMount("b"), undefined);
    await mf.setOptions({ mounts: undefined });
    assert.equal(await mf.getMount("a"), undefined);
    assert.equal(await text(mf), "main");
  });

  test("one that was removed rejects", differs("it goes on answering"), async (t) => {
    const mf = create(t, { script: says("main"), mounts: { a: worker("a") } });
    const a = await mf.getMount("a");
    await mf.setOptions({ mounts: {} });
    assert.equal((await rejection(a.dispatchFetch(URL_ROOT))).code, "ERR_DISPOSED");
  });

  test("a mount can be changed by itself; the main worker is loaded again after it", async (t) => {
    const mf = create(t, { script: says("main"), mounts: { a: worker("a") } });
    const a = await mf.getMount("a");
    const events = [];
    a.addEventListener("reload", ({ initial }) => events.push(["mount", initial]));
    const reloaded = new Promise((resolve) =>
      mf.addEventListener("reload", ({ initial }) => {
        events.push(["main", initial]);
        resolve();
      }),
    );
    await a.setOptions({ script: says("a, changed") });
    await reloaded;
    assert.equal(await text(a), "a, changed");
    assert.deepEqual(events, [
      ["mount", false],
      ["main", false],
    ]);
  });

  test("a mount reads its script again at reload", differs("only when its options changed"), async (t) => {
    const { writeFileSync } = await import("node:fs");
    const root = folder(t, { "api.mjs": says("before") });
    const mf = create(t, {
      script: says("main"),
      mounts: { api: { modules: true, rootPath: root, scriptPath: "api.mjs" } },
    });
    assert.equal(await text(await mf.getMount("api")), "before");
    writeFileSync(`${root}/api.mjs`, says("after"));
    await mf.reload();
    assert.equal(await text(await mf.getMount("api")), "after");
  });

  test("dispose ends them all", differs("they go on answering"), async (t) => {
    const mf = create(t, { script: says("main"), mounts: { a: worker("a") } });
    const a = await mf.getMount("a");
    await mf.dispose();
    assert.equal((await rejection(a.dispatchFetch(URL_ROOT))).code, "ERR_DISPOSED");
  });

  test("one that failed is repaired by setOptions", differs("the instance stays broken"), async (t) => {
    const mf = createInvalid(t, { script: says("main"), mounts: { api: { modules: true, script: "(" } } });
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).code, "ERR_MOUNT");
    await mf.setOptions({ mounts: { api: worker("api") } });
    assert.equal(await text(await mf.getMount("api")), "api");
  });
});
