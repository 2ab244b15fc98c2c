// Tags: oracle, every-node
// WebAssembly in workers: compiled modules as bindings and imports, and the glue that wasm-bindgen makes.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { CAUGHT, evaluate, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { answer } from "../support/modules.mjs";
import { ADD, GREET, GREET_GLUE, TRAP } from "../support/wasm.mjs";
import { test } from "../support/test.mjs";

const bound = (t, bytes, script) =>
  create(t, { rootPath: folder(t, { "module.wasm": bytes }), wasmBindings: { MODULE: "module.wasm" }, script });

const streamed = differs("it only takes Node's own responses");

describe("WebAssembly that is compiled while it arrives", streamed, () => {
  const compiled = (t, body) =>
    evaluate(
      t,
      `${CAUGHT} const bytes = new Uint8Array([${[...ADD]}]); const headers = { "Content-Type": "application/wasm" }; ${body}`,
    );

  test("is a module or an instance, from a response or the promise of one", async (t) => {
    const body = `
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      const compiling = WebAssembly.compileStreaming(new Response(readable, { headers }));
      await writer.write(bytes.subarray(0, 9));
      await scheduler.wait(1);
      await writer.write(bytes.subarray(9));
      await writer.close();
      const made = await compiling;
      const { module, instance } = await WebAssembly.instantiateStreaming(fetched(), {});
      async function fetched() { return new Response(bytes, { headers }); }
      return [made instanceof WebAssembly.Module, new WebAssembly.Instance(made).exports.add(1, 2),
        module instanceof WebAssembly.Module, instance.exports.add(2, 3)];`;
    assert.deepEqual(await compiled(t, body), [true, 3, true, 5]);
  });

  test("is refused from anything else, and when it is broken off", async (t) => {
    const body = `
      const failing = new ReadableStream({ pull: (controller) => controller.error(new RangeError("broken off")) });
      const used = new Response(bytes, { headers });
      await used.text();
      const sources = [{}, new Response(bytes), new Response(bytes, { headers, status: 404 }), used,
        new Response(failing, { headers }), new Response(bytes.subarray(0, 9), { headers }), new Response(null, { headers })];
      return Promise.all(sources.map((source) => caught(() => WebAssembly.compileStreaming(source))));`;
    const refused = await compiled(t, body);
    assert.deepEqual(
      refused.map(([name]) => name),
      ["TypeError", "TypeError", "TypeError", "TypeError", "RangeError", "CompileError", "CompileError"],
    );
    assert.equal(
      refused[1][1],
      'WebAssembly is compiled from a response with the Content-Type "application/wasm", not "null".',
    );
  });

  test("may be left unfinished", async (t) => {
    const mf = create(t, {
      script: `export default {
        fetch() {
          const { readable } = new TransformStream();
          globalThis.compiling = WebAssembly.compileStreaming(
            new Response(readable, { headers: { "Content-Type": "application/wasm" } }));
          return new Response("answered");
        }
      }`,
    });
    assert.equal(await text(mf), "answered");
    await mf.dispose();
  });
});

describe("a WebAssembly module", () => {
  test("can be instantiated in every way, any number of times", async (t) => {
    const mf = bound(
      t,
      ADD,
      `export default {
      async fetch(request, { MODULE }) {
        const first = new WebAssembly.Instance(MODULE, {});
        const second = await WebAssembly.instantiate(MODULE);
        return Response.json([first.exports.add(2, 3), second.exports.add(-1, 2 ** 31), first !== second,
          first instanceof WebAssembly.Instance, WebAssembly.Module.exports(MODULE)]);
      }
    }`,
    );
    const exports = [{ name: "add", kind: "function" }];
    assert.deepEqual(await json(mf), [5, 2 ** 31 - 1, true, true, exports]);
    assert.deepEqual(await json(mf), [5, 2 ** 31 - 1, true, true, exports]);
  });

  test("survives a reload and is shared by no two instances", async (t) => {
    const script = answer("new WebAssembly.Instance(env.MODULE).exports.add(1, 1)");
    const [first, second] = [bound(t, ADD, script), bound(t, ADD, script)];
    assert.deepEqual([await json(first), await json(second)], [2, 2]);
    await first.reload();
    await second.dispose();
    assert.equal(await json(first), 2);
  });

  test("that traps throws a RuntimeError, and the worker goes on", async (t) => {
    const mf = bound(
      t,
      TRAP,
      `export default {
      fetch(request, { MODULE }) {
        if (request.url.endsWith("/trap")) new WebAssembly.Instance(MODULE).exports.trap();
        return new Response("fine");
      }
    }`,
    );
    const error = await rejection(mf.dispatchFetch("http://localhost/trap"));
    assert.equal(error.name, "RuntimeError");
    assert.match(error.message, /unreachable/);
    assert.match(error.stack, /wasm/);
    assert.equal(await text(mf), "fine");
  });

  test("calls functions that it was given", async (t) => {
    const mf = create(t, {
      rootPath: folder(t, { "greet.wasm": GREET }),
      wasmBindings: { GREET: "greet.wasm" },
      script: `export default {
        fetch(request, env) {
          const calls = [];
          const note = (name, result) => (...args) => { calls.push([name, ...args]); return result; };
          const { exports } = new WebAssembly.Instance(env.GREET, { "./greet_bg.mjs": {
            __wbindgen_string_new: note("new", 7), __wbindgen_throw: note("throw"),
            __wbindgen_object_drop_ref: note("drop"), __wbg_instanceof_Object: note("is", 1),
          } });
          return Response.json([exports.title(), exports.describe(40), calls,
            exports.memory instanceof WebAssembly.Memory, exports.memory.buffer.byteLength]);
        }
      }`,
    });
    assert.deepEqual(await json(mf), [
      7,
      1,
      [
        ["new", 0, 5],
        ["is", 40],
        ["drop", 40],
      ],
      true,
      65_536,
    ]);
  });

  test("refuses missing imports with a LinkError or TypeError", async (t) => {
    const mf = bound(t, GREET, answer("new WebAssembly.Instance(env.MODULE, {})"));
    assert.match((await rejection(mf.dispatchFetch(URL_ROOT))).name, /^(LinkError|TypeError)$/);
  });
});

describe("a wasm-bindgen module", () => {
  const MAIN = `
  import module from "./greet_bg.wasm";
  import * as glue from "./greet_bg.mjs";
  glue.__wbg_set_wasm(new WebAssembly.Instance(module, { "./greet_bg.mjs": glue }).exports);
  export default {
    async fetch(request, env) {
      const { greet, describe, title, heapSize } = glue;
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/describe") {
        const values = [{}, [], () => {}, env.OBJECT, env.BYTES, await new Response("{}").json(), null, 1, "text"];
        return Response.json(values.map((value) => describe(value)));
      }
      if (pathname === "/many") for (let n = 0; n < 10000; n++) title();
      if (pathname === "/many") return Response.json(heapSize());
      if (pathname === "/title") return new Response(title());
      return new Response(greet(request.method === "POST" ? await request.text() : searchParams.get("name")));
    }
  };`;

  const worker = (t) =>
    create(t, {
      modules: true,
      rootPath: folder(t, { "main.mjs": MAIN, "greet_bg.wasm": GREET, "greet_bg.mjs": GREET_GLUE }),
      scriptPath: "main.mjs",
      modulesRules: [{ type: "CompiledWasm", include: ["**/*.wasm"] }],
      bindings: { OBJECT: { a: 1 }, BYTES: Uint8Array.of(1) },
    });

  test("takes and gives strings", async (t) => {
    const mf = worker(t);
    assert.equal(await text(mf, "http://localhost/?name=World"), "Hello, World!");
    assert.equal(await text(mf, `http://localhost/?name=${encodeURIComponent("grüße 👋")}`), "Hello, grüße 👋!");
    assert.equal(await text(mf, "http://localhost/title"), "Hello");
  });

  test("grows its memory for long strings", async (t) => {
    const body = "long ü ".repeat(100_000);
    assert.equal(await text(worker(t), URL_ROOT, { method: "POST", body }), `Hello, ${body}!`);
  });

  test("throws the errors that its glue throws", async (t) => {
    const error = await rejection(worker(t).dispatchFetch("http://localhost/?name="));
    assert.equal(error.message, "name must not be empty");
  });

  test("finds objects of every origin to be objects", async (t) => {
    const described = [true, true, true, true, true, true, false, false, false];
    assert.deepEqual(await json(worker(t), "http://localhost/describe"), described);
  });

  test("releases the values it was given", async (t) => {
    assert.ok((await json(worker(t), "http://localhost/many")) < 100);
  });
});
