// Tags: oracle
// A worker tries to reach the host through everything it can name: names, imports, code from strings, errors.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { evaluate, json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

const NO_SANDBOX = differs("it is no sandbox");

describe("names of a host", NO_SANDBOX, () => {
  const names = [
    "Deno",
    "__bootstrap",
    "process",
    "require",
    "module",
    "Buffer",
    "global.process",
    "globalThis.Deno",
    "self.__bootstrap",
    "globalThis.core",
    "globalThis.internals",
    "globalThis.primordials",
    "globalThis.ops",
    "globalThis.bootstrap",
    "__infra",
    "__deno",
    "Symbol.for('Deno.internal')",
    "global.require",
    "%GetOptimizationStatus",
  ];
  for (const name of names) {
    test(`${name} is undefined or unknown`, async (t) => {
      const expression = name.startsWith("Symbol") ? `globalThis[${name}]` : name;
      const mf = createInvalid(t, {
        script: `export default { fetch() {
        try { return new Response(typeof (${expression})); } catch ({ name }) { return new Response(name); }
      } }`,
      });
      const seen = await mf.dispatchFetch(URL_ROOT).then(
        (response) => response.text(),
        ({ name }) => name,
      );
      assert.ok(["undefined", "ReferenceError", "SyntaxError"].includes(seen), seen);
    });
  }

  test("are in no code from strings", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const attempts = [
        () => Function("return process")(), () => eval("process"), () => (0, eval)("Deno"),
        () => [].filter.constructor("return Deno")(), () => (async () => {}).constructor("return process")(),
        () => (function* () {}).constructor("yield process")().next(), () => fetch.constructor("return Deno")(),
        () => Reflect.construct(Function, ["return process"], class {})(),
        () => new (class extends Function {})("return process")(), () => Response.constructor("return process")(),
      ];
      const seen = [];
      for (const attempt of attempts) try { seen.push(typeof attempt()); } catch ({ name }) { seen.push(name); }
      try { setTimeout("globalThis.leak = process"); } catch {}
      await new Promise((resolve) => setTimeout(resolve, 5));
      return [seen.filter((outcome) => !/Error$/.test(outcome)).join(), typeof globalThis.leak];`,
      ),
      ["", "undefined"],
    );
  });
});

describe("imports", NO_SANDBOX, () => {
  const specifiers = [
    "node:fs",
    "fs",
    "node:process",
    "node:child_process",
    "node:worker_threads",
    "file:///etc/passwd",
    "/etc/passwd",
    "../../../../../../etc/passwd",
    "ext:core/ops",
    "ext:core/mod.js",
    "ext:deno_web/02_event.js",
    "ext:deno_fetch/26_fetch.js",
    "checkin:async",
    "deno:core",
    "npm:lodash",
    "jsr:@std/fs",
    "data:text/javascript,export default 1",
    "https://example.com/module.mjs",
    "blob:null/1",
    "internal:bootstrap",
    "mf-text:/etc/passwd",
    "mf-data:/etc/passwd",
  ];

  for (const specifier of specifiers) {
    test(`of ${specifier} are refused, dynamic and static`, async (t) => {
      const source = JSON.stringify(specifier);
      const script = `export default { async fetch() {
        const outcomes = [];
        for (const type of [undefined, "text", "bytes", "json"]) {
          const options = type && { with: { type } };
          outcomes.push(await import(${source}, options).then(() => "loaded", () => "refused"));
        }
        return Response.json(outcomes);
      } }`;
      const scriptPath = path.join(folder(t), "main.mjs");
      const refused = ["refused", "refused", "refused", "refused"];
      assert.deepEqual(await json(create(t, { script })), refused);
      assert.deepEqual(await json(create(t, { script, scriptPath })), refused);
      const still = createInvalid(t, { scriptPath, script: `import * as all from ${source}; export default all;` });
      assert.equal((await rejection(still.dispatchFetch(URL_ROOT))) instanceof Error, true);
    });
  }

  test("find no import.meta that names the host", async (t) => {
    const seen = await evaluate(t, "return Object.keys(import.meta);");
    assert.deepEqual(
      seen.filter((key) => !["url"].includes(key)),
      [],
    );
  });
});

describe("the file system and the network of the host", NO_SANDBOX, () => {
  for (const url of ["file:///etc/passwd", "blob:null/0", "data:text/plain,read", "about:blank", "ext:core/ops"]) {
    test(`are not behind fetch("${url}")`, async (t) => {
      const seen = await evaluate(
        t,
        `return fetch("${url}").then((response) => response.text(), ({ name }) => [name]);`,
        { compatibilityDate: "2023-05-18" },
      );
      assert.deepEqual(seen, ["TypeError"]);
    });
  }

  test("are not behind a source map", async (t) => {
    const mf = create(t, {
      sourceMap: true,
      script: `export default { fetch: () => new Response(new Error().stack) }
//# sourceMappingURL=/etc/passwd`,
    });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.doesNotMatch(await response.text(), /root:/);
  });
});

describe("stack traces", NO_SANDBOX, () => {
  test("given to prepareStackTrace hold nothing but the worker's own", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const host = /^(op_[a-z0-9_]+|Deno|__bootstrap|primordials|internals|ops|core|loadExtScript)$/;
      const found = [];
      const look = (where, value) => {
        if (value === undefined || value === null || value === globalThis) return;
        if (typeof value !== "function" && typeof value !== "object") return;
        const names = Object.getOwnPropertyNames(value).concat(typeof value === "function" ? value.name : []);
        for (const name of names) if (host.test(name)) found.push(where + ": " + name);
      };
      Error.prepareStackTrace = (error, frames) => {
        for (const frame of Array.isArray(frames) ? frames : []) {
          const file = String(frame.getFileName());
          if (file.includes("<script>")) continue;
          look("this", frame.getThis());
          look("function", frame.getFunction());
          if (frame.getEvalOrigin() !== undefined) found.push("origin " + frame.getEvalOrigin());
        }
        return "prepared";
      };
      Error.stackTraceLimit = 100;
      const stacks = [new Error().stack];
      try { null.x; } catch (error) { stacks.push(error.stack); }
      env.call(() => stacks.push(new Error().stack));
      await new Promise((resolve) => setTimeout(() => { stacks.push(new Error().stack); resolve(); }));
      new Headers({ get a() { stacks.push(new Error().stack); return "b"; } });
      try { new Response("", { status: 1 }); } catch (error) { stacks.push(error.stack); }
      queueMicrotask(() => stacks.push(new Error().stack));
      await null;
      return found;`,
        { bindings: { call: (callback) => callback() } },
      ),
      [],
    );
  });

  test("of host errors name no function of the worker's reach", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      let seen = [];
      Error.prepareStackTrace = (error, frames) => { seen = frames; return ""; };
      try { env.fail(); } catch (error) { void error.stack; }
      return seen.map((frame) => [typeof frame.getThis(), typeof frame.getFunction()])
        .filter(([self, callee]) => self === "object" && callee === "function").length;`,
        {
          bindings: {
            fail: () => {
              throw new Error("host");
            },
          },
        },
      ),
      0,
    );
  });

  test("cannot be walked through caller and arguments", async (t) => {
    const script = `
    function sloppy() {
      const seen = [];
      for (let at = sloppy; at && seen.length < 50;) {
        let next;
        try { next = at.caller; } catch { break; }
        if (next) seen.push(next.name || String(next).slice(0, 80));
        at = next;
      }
      return seen;
    }
    addEventListener("fetch", function listener(event) { event.respondWith(Response.json(sloppy())); });`;
    assert.deepEqual(
      (await json(create(t, { script }))).filter((name) => name !== "listener"),
      [],
    );
  });
});
