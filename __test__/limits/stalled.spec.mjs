// Tags: oracle
// A module that waits at its top level for what will never come does not start, and says where it waits. One that waits
// for anything that may still come is waited for.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { rejection, text } from "../support/dispatch.mjs";

const FINE = `\nexport default { fetch: () => new Response("fine") };`;
const WAITS = differs("it waits for ever");

async function folder(t, files) {
  const path = await mkdtemp(join(tmpdir(), "stalled-"));
  t.after(() => rm(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return path;
}

const starts = async (t, script, options) =>
  assert.equal(await text(create(t, { script: script + FINE, ...options })), "fine");

describe("a module that can never end", WAITS, () => {
  const never = (t, script, options = {}) =>
    createInvalid(t, { modules: true, script: script + FINE, ...options }).dispatchFetch("http://localhost/");

  test("is an error that names the script and the line", async (t) => {
    const error = await rejection(never(t, "const before = 1;\n  await new Promise(() => {});"));
    assert.equal(error.name, "VMScriptRunnerError [ERR_MODULE_STALLED]");
    assert.equal(error.code, "ERR_MODULE_STALLED");
    assert.match(error.message, /"<script>"/);
    assert.match(error.message, /at <script>:2:3\n\s+await new Promise\(\(\) => \{\}\);/);
  });

  test("is named when it was imported", async (t) => {
    const path = await folder(t, {
      "worker.mjs": `import "./never.mjs";${FINE}`,
      "never.mjs": "const never = new Promise(() => {});\nawait never;",
    });
    const error = await rejection(never(t, "", { script: undefined, scriptPath: join(path, "worker.mjs") }));
    assert.equal(error.code, "ERR_MODULE_STALLED");
    assert.ok(error.message.includes(`at ${join(path, "never.mjs")}:2:1`), error.message);
  });

  test("is one once all that it has begun is over", async (t) => {
    const globals = { later: (value) => new Promise((resolve) => setImmediate(resolve, value)) };
    const script = `await new Promise((resolve) => setTimeout(resolve, 1));
      await later(1);
      await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
      await new Promise(() => {});`;
    const error = await rejection(never(t, script, { globals, globalTimers: true }));
    assert.match(error.message, /at <script>:4:7/);
  });

  test("lets another script take its place", async (t) => {
    const mf = createInvalid(t, { modules: true, script: `await new Promise(() => {});${FINE}` });
    assert.equal((await rejection(mf.getBindings())).code, "ERR_MODULE_STALLED");
    await mf.setOptions({ script: FINE });
    assert.equal(await text(mf), "fine");
  });
});

describe("a module that waits at its top level", () => {
  test("for a timer starts", (t) => starts(t, "await new Promise((r) => setTimeout(r, 20));", { globalTimers: true }));

  test("for a promise of Node's starts", (t) =>
    starts(t, "await later();", { globals: { later: () => new Promise((r) => setTimeout(r, 20)) } }));

  test("for a call from Node starts", (t) =>
    starts(t, "await new Promise((r) => later(r));", { globals: { later: (done) => void setTimeout(done, 20) } }));

  test("for a signal of Node's starts", (t) => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 20);
    t.after(() => clearTimeout(timer));
    const script = `await new Promise((r) => SIGNAL.addEventListener("abort", r));`;
    return starts(t, script, { globals: { SIGNAL: controller.signal } });
  });

  test("for Node to read a stream starts", (t) => {
    const read = (stream) =>
      void setTimeout(
        () =>
          stream
            .getReader()
            .read()
            .catch(() => {}),
        20,
      );
    return starts(t, "await new Promise((pull) => read(new ReadableStream({ pull }, { highWaterMark: 0 })));", {
      globals: { read },
      compatibilityFlags: ["streams_enable_constructors"],
    });
  });

  test("for an object of Node's that can be awaited starts", (t) => {
    class Later {
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      then(resolve) {
        setTimeout(resolve, 20);
      }
    }
    return starts(t, "await later;", { globals: { later: new Later() } });
  });

  test("for a listener of Node's to be called starts", (t) => {
    const target = new EventTarget();
    setTimeout(() => target.dispatchEvent(new Event("go")), 20);
    return starts(t, `await new Promise((r) => target.addEventListener("go", () => r()));`, { globals: { target } });
  });

  test("for a stream of Node's starts", (t) => {
    const pull = (controller) => new Promise((r) => setTimeout(r, 20)).then(() => controller.close());
    return starts(t, "for await (const chunk of stream);", { globals: { stream: new ReadableStream({ pull }) } });
  });

  test("for a signal of Node's to be aborted starts", (t) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const { signal } = controller;
    const script = `if (!signal.aborted) await new Promise((r) => signal.addEventListener("abort", r));`;
    return starts(t, script, { globals: { signal } });
  });

  test("for a Blob of Node's to be read starts", (t) =>
    starts(t, "await blob.text();", { globals: { blob: new Blob(["x".repeat(1_000_000)]) } }));

  test("for a compilation starts", (t) =>
    starts(t, "await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));"));

  test("for a key starts", (t) =>
    starts(t, `await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);`, {
      globalRandom: true,
    }));

  test("for an unhandled rejection starts", (t) =>
    starts(
      t,
      `await new Promise((resolve) => {
        addEventListener("unhandledrejection", (event) => { event.preventDefault(); resolve(); });
        Promise.reject(new Error("nobody"));
      });`,
    ));

  test("with a time limit of V8's own starts", (t) =>
    starts(t, "await Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20).value;"));

  for (const [where, options] of [
    ["", (waiting) => waiting],
    [", as a mount", (waiting) => ({ script: FINE, mounts: { waiting } })],
  ]) {
    test(`does not hold up the instance's end${where}`, WAITS, async (t) => {
      let begin;
      const begun = new Promise((resolve) => {
        begin = resolve;
      });
      const globals = { begin, never: new Promise(() => {}) };
      const mf = createInvalid(t, options({ modules: true, script: `begin(); await never;${FINE}`, globals }));
      const answer = rejection(mf.dispatchFetch("http://localhost/"));
      await begun;
      await mf.dispose();
      const error = await answer;
      assert.equal((error.cause ?? error).code, "ERR_DISPOSED");
    });
  }
});
