// Tags: oracle, every-node
// Options that are wrong: each rejects the first call with an error that names the option, the value, and the remedy.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs, Miniflare } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

const script = `export default { fetch: () => new Response("fine") }`;
const refused = (t, options) => rejection(createInvalid(t, options).dispatchFetch(URL_ROOT));

describe("a missing script", () => {
  test("rejects with ERR_NO_SCRIPT and says how to give one", async (t) => {
    const error = await refused(t, {});
    assert.equal(error.code, "ERR_NO_SCRIPT");
    assert.equal(error.name, "MiniflareCoreError [ERR_NO_SCRIPT]");
    assert.match(error.message, /^No script defined, either:\n/);
    assert.match(error.message, /new Miniflare\(\{ scriptPath: "dist\/worker\.js" \}\)/);
  });

  test("is the same without options at all", async (t) => {
    const mf = new Miniflare();
    t.after(() => mf.dispose().catch(() => {}));
    assert.equal((await rejection(mf.getBindings())).code, "ERR_NO_SCRIPT");
  });

  test("is accepted with scriptRequired: false", async (t) => {
    const mf = create(t, { scriptRequired: false, bindings: { KEY: 1 } });
    assert.equal((await mf.getBindings()).KEY, 1);
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).code, "ERR_NO_HANDLER");
  });

  test("on disk rejects with the path", async (t) => {
    const rootPath = folder(t);
    const error = await refused(t, { rootPath, scriptPath: "absent/worker.mjs", modules: true });
    assert.equal(error.code, "ENOENT");
    assert.match(error.message, /absent\/worker\.mjs/);
    assert.ok(error.message.includes(rootPath), error.message);
  });

  test("that is a folder rejects with the path", async (t) => {
    const rootPath = folder(t, { "worker.mjs/file": "" });
    const error = await refused(t, { rootPath, scriptPath: "worker.mjs", modules: true });
    assert.equal(error.code, "EISDIR");
  });
});

describe("files of bindings that are missing", () => {
  for (const option of ["wasmBindings", "textBlobBindings", "dataBlobBindings"]) {
    test(`reject with the path: ${option}`, async (t) => {
      const error = await refused(t, { script, rootPath: folder(t), [option]: { NAME: "absent.file" } });
      assert.equal(error.code, "ENOENT");
      assert.match(error.message, /absent\.file/);
    });
  }
});

describe("an option of a wrong type", () => {
  const wrong = [
    ["script", 42],
    ["scriptPath", {}],
    ["modules", "yes"],
    ["bindings", 5],
    ["globals", "text"],
    ["wasmBindings", ["a.wasm"]],
    ["textBlobBindings", { NAME: 7 }],
    ["dataBlobBindings", null],
    ["modulesRules", { type: "Text" }],
    ["durableObjects", "Counter"],
    ["rootPath", 1],
    ["cpuLimitMs", "soon"],
    ["cpuLimitMs", -1],
    ["heapLimitMb", Number.NaN],
    ["heapLimitMb", 0],
  ];
  for (const [option, value] of wrong) {
    const shown = JSON.stringify(value) === "null" && value !== null ? String(value) : JSON.stringify(value);
    test(`rejects naming it and its value: ${option}: ${shown}`, differs("it checks no types"), async (t) => {
      const error = await refused(t, {
        script: option === "scriptPath" ? undefined : script,
        modules: true,
        [option]: value,
      });
      assert.equal(error.code, "ERR_INVALID_OPTION", String(error));
      assert.ok(error.message.includes(option), error.message);
      const named =
        typeof value === "object" && value !== null ? Object.values(value).concat("object", "array") : [value];
      assert.ok(
        named.some((part) => error.message.includes(String(part))),
        error.message,
      );
    });
  }

  test("leaves the instance usable when it came through setOptions", differs("it checks no types"), async (t) => {
    const mf = create(t, { script });
    assert.equal(await text(mf), "fine");
    await rejection(mf.setOptions({ bindings: 5 }));
    await mf.setOptions({ bindings: { five: 5 } });
    assert.equal(await text(mf), "fine");
  });

  test("is an error that can be caught: new never throws", () => {
    const options = [{ script: 42 }, { modules: "yes" }, { bindings: 5 }, null, undefined];
    for (const wrongOptions of options) {
      const mf = new Miniflare(wrongOptions ?? undefined);
      mf.getBindings().catch(() => {});
      mf.dispose().catch(() => {});
    }
  });

  test("does not concern unknown options", async (t) => {
    assert.equal(await text(create(t, { script, noSuchOption: { anything: 1 } })), "fine");
  });
});

describe("an invalid upstream", () => {
  test("rejects with ERR_INVALID_UPSTREAM and the value", async (t) => {
    const error = await refused(t, { script, upstream: "example.com" });
    assert.equal(error.name, "MiniflareCoreError [ERR_INVALID_UPSTREAM]");
    assert.equal(error.message, `Invalid upstream URL: "example.com". Make sure you've included the protocol.`);
  });
});
