// What a worker has of Node, by its compatibility date and flags.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid } from "../support/miniflare.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { answer, answered as built, failed } from "../support/modules.mjs";
import { FLAGS } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

const handler = (expression) => `export default { fetch(request, env) { return Response.json(${expression}); } };`;
const answered = (t, script, options) => json(create(t, { script, ...options }));
const failure = (t, script, options) => rejection(createInvalid(t, { script, ...options }).dispatchFetch(URL_ROOT));
const importing = (specifier) => `import * as imported from "${specifier}"; ${handler("typeof imported.default")}`;

const GLOBALS = handler(
  `["Buffer", "process", "setImmediate", "clearImmediate"].map((name) => typeof globalThis[name])`,
);
const ALL = ["function", "object", "function", "function"];
const NONE = Array(4).fill("undefined");

describe("the flag nodejs_compat", () => {
  test("gives modules with the prefix and without, and globals, from 2024-09-23", async (t) => {
    const options = { compatibilityFlags: ["nodejs_compat"], compatibilityDate: "2024-09-23" };
    assert.equal(await answered(t, importing("node:events"), options), "function");
    assert.equal(await answered(t, importing("events"), options), "function");
    assert.deepEqual(await answered(t, GLOBALS, options), ALL);
  });

  test("gives modules with the prefix alone before", async (t) => {
    const options = { compatibilityFlags: ["nodejs_compat"], compatibilityDate: "2024-09-22" };
    assert.equal(await answered(t, importing("node:events"), options), "function");
    assert.equal((await failure(t, importing("events"), options)).code, "ERR_MODULE_STRING_SCRIPT");
    assert.deepEqual(await answered(t, GLOBALS, options), NONE);
    const both = { ...options, compatibilityFlags: ["nodejs_compat", "nodejs_compat_v2"] };
    assert.equal(await answered(t, importing("events"), both), "function");
  });

  test("is on by itself from 2026-08-04", async (t) => {
    assert.equal(await answered(t, importing("events"), { compatibilityDate: "2026-08-04" }), "function");
    assert.deepEqual(await answered(t, GLOBALS, { compatibilityDate: "2026-08-04" }), ALL);
    assert.deepEqual(await answered(t, GLOBALS, { compatibilityDate: "2026-08-03" }), NONE);
    const off = { compatibilityDate: "2026-08-04", compatibilityFlags: ["no_nodejs_compat"] };
    assert.deepEqual(await answered(t, GLOBALS, off), NONE);
    const v1 = { compatibilityDate: "2026-08-04", compatibilityFlags: ["no_nodejs_compat_v2"] };
    assert.deepEqual(await answered(t, GLOBALS, v1), NONE);
    assert.equal(await answered(t, importing("node:events"), v1), "function");
  });

  test("refuses modules that there are not", async (t) => {
    const error = await failure(t, importing("node:nothing"), FLAGS);
    assert.equal(error.message, 'No such module "node:nothing".');
    for (const specifier of ["node:internal/lazy_transform", "node:sqlite/x"]) {
      assert.match((await failure(t, importing(specifier), FLAGS)).message, /^No such module/);
    }
  });

  test("is named by the error of a worker that needs it", async (t) => {
    const { error } = await failed(t, { "main.mjs": importing("node:fs") });
    assert.match(error.message, /compatibility flag "nodejs_compat"/);
  });

  test("gives service workers the globals", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith(Response.json([typeof Buffer, typeof process.env])));`;
    assert.deepEqual(await answered(t, script, FLAGS), ["function", "object"]);
  });

  test("lets modules be required, and imported in handlers", async (t) => {
    const script = `export default { async fetch() {
      const { EventEmitter } = await import("node:events");
      return Response.json([EventEmitter === (await import("events")).default, process.getBuiltinModule("node:events") === EventEmitter, process.getBuiltinModule("x") ?? null]);
    } };`;
    assert.deepEqual(await answered(t, script, FLAGS), [true, true, null]);
  });
});

describe("CommonJS modules", () => {
  test("require modules of Node", async (t) => {
    const files = {
      "main.mjs": `import theirs from "./x.cjs"; import events from "node:events"; import * as util from "node:util"; ${answer("[theirs.events === events, theirs.format === util.format, theirs.same]")}`,
      "x.cjs": `const events = require("node:events"); module.exports = { events, format: require("util").format, same: require("events") === events };`,
    };
    assert.deepEqual(await built(t, files, FLAGS), [true, true, true]);
  });
});

describe("createRequire", () => {
  test("finds the modules of Node", async (t) => {
    const script = `import { createRequire, isBuiltin, builtinModules } from "node:module"; import events from "node:events";
      const require = createRequire(import.meta.url ?? "/worker.js");
      let failure; try { require("./x"); } catch (error) { failure = error.code; }
      ${handler(`[require("events") === events, require("node:events") === events, failure, isBuiltin("node:fs"), isBuiltin("x"), builtinModules.includes("assert/strict")]`)}`;
    const expected = [true, true, "MODULE_NOT_FOUND", true, false, true];
    assert.deepEqual(await answered(t, script, FLAGS), expected);
  });
});

describe("globals of Node", () => {
  test("can be replaced, are not enumerable, and are the modules'", async (t) => {
    const script = `import { Buffer as B } from "node:buffer"; import p from "node:process"; import { setImmediate as s } from "node:timers";
      const same = [Buffer === B, process === p, setImmediate === s, global === globalThis, Object.keys(globalThis).includes("process")];
      globalThis.process = 1; Buffer = 2;
      ${handler("[...same, process, Buffer]")}`;
    assert.deepEqual(await answered(t, script, FLAGS), [true, true, true, true, false, 1, 2]);
  });

  test("timers are objects from 2026-02-10", async (t) => {
    const script = handler(
      `(() => { const timer = setTimeout(() => {}, 1); clearTimeout(timer); return [typeof timer, typeof timer.unref]; })()`,
    );
    const [before, from] = ["2026-02-09", "2026-02-10"].map((compatibilityDate) => ({ ...FLAGS, compatibilityDate }));
    assert.deepEqual(await answered(t, script.replace("timer.unref", "timer?.unref"), before), ["number", "undefined"]);
    assert.deepEqual(await answered(t, script, from), ["object", "function"]);
  });
});

describe("process.env", () => {
  const bindings = { TEXT: "a", JSON: { b: [1] }, NUMBER: 5, FLAG: true };

  test("has text and JSON bindings from 2025-04-01, and can be written to", async (t) => {
    const script = `const early = process.env.TEXT; process.env.MORE = 1;
      ${handler("[early, process.env, env.MORE ?? null]")}`;
    const options = { ...FLAGS, bindings, kvNamespaces: ["KV"], compatibilityDate: "2025-04-01" };
    const expected = { TEXT: "a", JSON: '{"b":[1]}', NUMBER: "5", FLAG: "true", MORE: "1" };
    assert.deepEqual(await answered(t, script, options), ["a", expected, null]);
  });

  test("is empty before, and with the opposite flag", async (t) => {
    const script = handler("process.env");
    assert.deepEqual(await answered(t, script, { ...FLAGS, bindings, compatibilityDate: "2025-03-31" }), {});
    const compatibilityFlags = ["nodejs_compat", "nodejs_compat_do_not_populate_process_env"];
    assert.deepEqual(await answered(t, script, { ...FLAGS, bindings, compatibilityFlags }), {});
  });
});
