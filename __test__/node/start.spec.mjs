// Tags: oracle, every-node
// What starting costs: Node's fetch classes are loaded by whoever first touches them, and a dispatch does not. Each test
// is a process of its own, because what is loaded stays so.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root, run, runScript } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { differs } from "../support/miniflare.mjs";

const CRYPTO = "NativeModule crypto";
const UNDICI = "NativeModule internal/deps/undici/undici";
const index = path.join(root, "index.js");
const coreFile = path.join(root, "lib/node/core.js");
const coreModule = pathToFileURL(path.join(root, "doors/core.mjs")).href;
const indexModule = pathToFileURL(path.join(root, "index.mjs")).href;

const PRELUDE = `
import assert from "node:assert/strict";
import { Request as OurRequest, Response as Ours } from ${JSON.stringify(indexModule)};
const loaded = () => process.moduleLoadList.includes(${JSON.stringify(UNDICI)});
const hello = { modules: true, script: "export default { fetch: () => new Response('hello', { status: 201 }) }" };
`;

async function passes(source) {
  const { code, stderr, timedOut } = await runScript(PRELUDE + source);
  assert.equal(timedOut, false, "the child did not end");
  assert.equal(code, 0, stderr);
}

describe("Node's fetch classes", differs("it brings its own"), () => {
  test("are not loaded by the package", () =>
    passes(`assert.equal(loaded(), false); globalThis.Response; assert.equal(loaded(), true);`));

  test("are not loaded by a dispatch, and an answer is an instance of them all the same", () =>
    passes(`
      const mf = new Miniflare(hello);
      const response = await mf.dispatchFetch("http://localhost/");
      assert.equal(response.status, 201);
      assert.equal(await response.text(), "hello");
      assert.equal(response.constructor, Ours);
      await mf.dispose();
      assert.equal(loaded(), false);

      assert.equal(response instanceof Response, true);
      assert.equal(loaded(), true);
      assert.equal(response instanceof Ours, true);
      assert.equal(Object.getPrototypeOf(Ours), Response);
      assert.equal(Object.getPrototypeOf(Ours.prototype), Response.prototype);
      assert.equal(new OurRequest("http://localhost/") instanceof Request, true);
    `));

  test("are not loaded by the CommonJS door, and neither is node:crypto", async (t) => {
    const source = `
      const { Miniflare, Response } = require(${JSON.stringify(index)});
      const mf = new Miniflare({ modules: true, script: "export default { fetch: () => new Response('hello') }" });
      mf.dispatchFetch("http://localhost/")
        .then((response) => response.text())
        .then((text) => console.log(text, ${JSON.stringify([UNDICI, CRYPTO])}.filter((name) => process.moduleLoadList.includes(name))))
        .then(() => mf.dispose());
    `;
    // A script that is evaluated has node:crypto loaded by Node itself.
    const file = path.join(folder(t), "start.cjs");
    writeFileSync(file, source);
    const { stdout, stderr } = await run(process.execPath, [file]);
    assert.equal(stdout, "hello []\n", stderr);
  });

  test("are not loaded by bodies in memory, plain headers, or what is bound", () =>
    passes(`
      const script = \`export default { async fetch(request, env) {
        const { name } = await request.json();
        return Response.json({ name, q: request.headers.get("q"), ...env.data, made: env.make("x").value, live: env.live.count() });
      } }\`;
      class Live { #count = 0; count() { return ++this.#count; } }
      const bindings = { data: { list: [1, new Date(0)] }, make: (value) => ({ value }), live: new Live() };
      const mf = new Miniflare({ modules: true, script, bindings });
      const init = { method: "POST", headers: { q: "1" }, body: JSON.stringify({ name: "n" }) };
      const response = await mf.dispatchFetch(new URL("http://localhost/"), init);
      const answer = { name: "n", q: "1", list: [1, "1970-01-01T00:00:00.000Z"], made: "x", live: 1 };
      assert.deepEqual(await response.json(), answer);
      await mf.dispose();
      assert.equal(loaded(), false);
    `));

  test("are what a worker's own classes meet, wherever they are loaded", () =>
    passes(`
      function Request() { return "mine"; }
      const script = \`export default { fetch: (request, env) => new Response([
        typeof env.URL === "function" && env.URL === URL,
        env.Headers === Headers,
        env.mine(),
        env.answer() instanceof Response,
      ].join()) }\`;
      const bindings = { URL, Headers, mine: Request, answer: () => new Response("a") };
      const mf = new Miniflare({ modules: true, script, bindings });
      assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "true,true,mine,true");
      assert.equal((await mf.getGlobalScope()).Response, Response);
      await mf.dispose();
    `));

  // Each is the first thing that touches them, in a process of its own.
  const touches = {
    "Object.prototype.toString.call(response)": "[object Response]",
    "inspect(response).split(' ')[0]": "Response",
    "inspect(response, { customInspect: false }).split(' ')[0]": "Response",
    "'headers' in response && !('then' in response)": true,
    "response.then": undefined,
    "Response.prototype.isPrototypeOf(response)": true,
    "(response.extra = 1, Object.keys(response).join())": "extra",
    "[...response.headers].join()": "content-type,text/plain;charset=UTF-8",
    "Ours.json({ a: 1 }).headers.get('content-type')": "application/json",
    "Ours.name + Ours.error().type": "Responseerror",
    "new (class extends Ours {})('x', { status: 202 }).status": 202,
    "class extends Ours {}.prototype instanceof Response": true,
  };
  for (const [expression, value] of Object.entries(touches)) {
    test(`may be touched first by ${expression}`, () =>
      passes(`
        import { inspect } from "node:util";
          const mf = new Miniflare(hello);
        const response = await mf.dispatchFetch("http://localhost/");
        assert.equal(${expression}, ${JSON.stringify(value)});
        await mf.dispose();
      `));
  }

  // By whom they are replaced, before or after they are loaded, and what is done to the property.
  const replacing = {
    "before they are loaded": "Object.assign(globalThis, core);",
    "by subclasses": `for (const [name, Class] of Object.entries(core)) globalThis[name] = class extends Class {};`,
    "one by one": `for (const [name, Class] of Object.entries(core).reverse()) { globalThis[name] = Class; new Class("http://localhost/"); }`,
    "after they are loaded": "assert.ok(globalThis.Response); Object.assign(globalThis, core);",
    twice: "Object.assign(globalThis, core); new Ours(); Object.assign(globalThis, core);",
    "by properties that are read only": `for (const [name, value] of Object.entries(core)) Object.defineProperty(globalThis, name, { value, configurable: true });`,
    "by none": "for (const name of Object.keys(core)) delete globalThis[name];",
  };
  for (const [how, replace] of Object.entries(replacing)) {
    test(`may be replaced ${how}`, () =>
      passes(`
        import http from "node:http";
        import { Request, Response, Headers, FormData, fetch } from ${JSON.stringify(coreModule)};
        const core = { Request, Response, Headers, FormData };
        ${replace.replace('new Class("http://localhost/")', 'new Class(...(name === "Request" ? ["http://localhost/"] : []))')}
        const before = Object.keys(core).map((name) => Object.getOwnPropertyDescriptor(globalThis, name));

        const form = new FormData();
        form.append("a", new File(["content"], "a.txt"));
        const request = new Request("http://localhost/", { method: "POST", body: form, headers: new Headers({ b: "1" }) });
        const response = new Response("text", { status: 201 });
        assert.deepEqual([request.headers.get("b"), await response.clone().text(), response.status], ["1", "text", 201]);
        assert.equal(await (await request.clone().formData()).get("a").text(), "content");
        for (const [value, Class] of [[request, Request], [response, Response], [request.headers, Headers], [form, FormData]]) {
          assert.ok(value instanceof Class);
          assert.equal(Object.prototype.toString.call(value), "[object " + Class.name + "]");
          const parent = Object.getPrototypeOf(Class);
          assert.match(Function.prototype.toString.call(parent), /^class /);
          assert.ok(parent !== Class && value instanceof parent && !Object.values(core).includes(parent));
        }
        const script = \`export default { fetch: async (request, env) => new Response([await request.text(), env.response().status]) }\`;
        const mf = new Miniflare({ modules: true, script, bindings: { response: () => new Response("", { status: 202 }) } });
        const answer = await mf.dispatchFetch(new Request("http://localhost/", { method: "PUT", body: "body" }));
        assert.equal(await answer.text(), "body,202");
        assert.ok(answer instanceof Response);
        const blob = await (await mf.dispatchFetch("http://localhost/")).blob();
        assert.equal(await blob.text(), ",202");
        await mf.dispose();

        const server = http.createServer((request, response) => request.pipe(response)).listen(0, "127.0.0.1");
        await new Promise((resolve) => server.on("listening", resolve));
        const url = "http://127.0.0.1:" + server.address().port + "/";
        const echoed = await fetch(new Request(url, { method: "POST", body: "echoed" }));
        assert.ok(echoed instanceof Response);
        assert.equal(await echoed.text(), "echoed");
        server.closeAllConnections();
        server.close();
        const after = Object.keys(core).map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
        assert.deepEqual(after, before);
      `));
  }

  test("may be replaced by those of another copy of this package", () =>
    passes(`
      import { createRequire } from "node:module";
      const require = createRequire(import.meta.url);
      const load = (name) => {
        for (const file of Object.keys(require.cache)) if (file.includes("/lib/")) delete require.cache[file];
        return require(name);
      };
      const first = load(${JSON.stringify(coreFile)});
      globalThis.Response = first.Response;
      globalThis.Headers = first.Headers;
      const second = load(${JSON.stringify(coreFile)});
      assert.notEqual(first.Response, second.Response);
      globalThis.Response = second.Response;
      const third = load(${JSON.stringify(coreFile)});
      for (const { Response, Headers } of [third, second, first]) {
        assert.equal(await new Response("text").text(), "text");
        assert.equal(new Headers({ a: "1" }).get("a"), "1");
        const parent = Object.getPrototypeOf(Response);
        assert.ok(![first, second, third].some((copy) => copy.Response === parent));
      }
    `));

  test("may be replaced once they are loaded", () =>
    passes(`
      const { Response: Nodes } = globalThis;
      assert.equal(await new Ours("a").text(), "a");
      globalThis.Response = Ours;
      assert.equal(new Ours("a") instanceof Nodes, true);
      const mf = new Miniflare(hello);
      assert.equal((await (await mf.dispatchFetch("http://localhost/")).blob()).size, 5);
      await mf.dispose();
    `));
});
