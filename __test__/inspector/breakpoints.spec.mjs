// A debugger stops a worker, looks around in it, and lets it go on, by the Chrome DevTools Protocol.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { folder } from "../support/files.mjs";
import { ask, Debugger, debuggee, urlOf } from "../support/inspector.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const WORKER = `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const parts = pathname.split("/").filter(Boolean);
    const sum = add(...parts.map(Number));
    return new Response(String(sum));
  },
};
function add(left, right) {
  const sum = left + right;
  return sum;
}
`;

/** A debuggee with this worker in a file, and a debugger. */
async function start(t, script = WORKER, options = {}) {
  const cwd = folder(t, { "worker.mjs": script });
  const all = { scriptPath: "worker.mjs", modules: true, inspectorPort: 0, ...options };
  const process = await debuggee(t, all, { cwd });
  const url = await urlOf(process);
  const client = await Debugger.connect(t, url);
  await client.enable();
  return { process, url, client, cwd, file: pathToFileURL(path.join(cwd, "worker.mjs")).href };
}

describe("a debugger of a worker", () => {
  test("knows its script by the URL of the file, and no script of this package", async (t) => {
    const { client, file, process } = await start(t);
    await client.event("Debugger.scriptParsed", ({ url }) => url === file);
    assert.equal(await ask(process, "/1/2"), "3");
    const others = client.events.filter(({ method, params }) => method === "Debugger.scriptParsed" && params.url);
    assert.deepEqual(others, []);
  });

  test("stops at a breakpoint, and sees functions, arguments and variables", async (t) => {
    const { client, file, process } = await start(t);
    const { locations } = await client.call("Debugger.setBreakpointByUrl", { url: file, lineNumber: 9 });
    assert.equal(locations.length, 1);
    const answer = ask(process, "/1/2");
    const { frames, reason } = await client.paused();
    assert.equal(reason, "other");
    assert.deepEqual(
      frames.map(({ name, line, url }) => [name, line, url]),
      [
        ["add", 10, file],
        ["fetch", 5, file],
      ],
    );
    const local = frames[0].scopes.find(({ type }) => type === "local");
    assert.deepEqual(await client.properties(local.object.objectId), { left: 1, right: 2, sum: undefined });
    assert.deepEqual(await client.evaluate("parts", frames[1]), ["1", "2"]);
    assert.equal(await client.evaluate("left = 40", frames[0]), 40);
    await client.call("Debugger.resume");
    assert.equal(await answer, "42");
  });

  test("steps over, into and out of functions", async (t) => {
    const { client, file, process } = await start(t);
    await client.call("Debugger.setBreakpointByUrl", { url: file, lineNumber: 2 });
    const answer = ask(process, "/1/2");
    const place = async () => {
      const { frames } = await client.paused();
      return [frames[0].name, frames[0].line];
    };
    assert.deepEqual(await place(), ["fetch", 3]);
    const steps = [];
    for (const step of ["stepOver", "stepOver", "stepInto", "stepOver", "stepOut"]) {
      await client.call(`Debugger.${step}`);
      steps.push(await place());
    }
    assert.deepEqual(steps, [
      ["fetch", 4],
      ["fetch", 5],
      ["add", 10],
      ["add", 11],
      ["fetch", 6],
    ]);
    await client.call("Debugger.resume");
    assert.equal(await answer, "3");
  });

  test("stops at `debugger`, and shows where asynchronous code was called from", async (t) => {
    const script = `export default {
      async fetch() {
        await outer();
        return new Response("done");
      },
    };
    async function outer() {
      await inner();
    }
    async function inner() {
      await scheduler.wait(1);
      debugger;
    }
    `;
    const { client, process } = await start(t, script);
    const answer = ask(process);
    const { frames, asyncStackTrace } = await client.paused();
    assert.deepEqual([frames[0].name, frames[0].line], ["inner", 12]);
    const callers = asyncStackTrace.callFrames.map(({ functionName }) => functionName);
    const others = asyncStackTrace.parent?.callFrames.map(({ functionName }) => functionName) ?? [];
    assert.deepEqual([...callers, ...others].filter((name) => name === "outer" || name === "fetch").slice(0, 2), [
      "outer",
      "fetch",
    ]);
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");
  });

  test("stops at exceptions: at all, or at those that the worker does not catch", async (t) => {
    const script = `export default {
      async fetch(request) {
        try {
          throw new TypeError("caught");
        } catch {}
        if (request.url.endsWith("/fail")) throw new RangeError("uncaught");
        return new Response("done");
      },
    };
    `;
    const { client, process } = await start(t, script);
    await client.call("Debugger.setPauseOnExceptions", { state: "all" });
    const answer = ask(process);
    const caught = await client.paused();
    assert.deepEqual([caught.reason, caught.data.className, caught.frames[0].line], ["exception", "TypeError", 4]);
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");

    await client.call("Debugger.setPauseOnExceptions", { state: "uncaught" });
    const failure = assert.rejects(ask(process, "/fail"), /uncaught/);
    const uncaught = await client.paused();
    assert.deepEqual([uncaught.data.className, uncaught.data.uncaught], ["RangeError", true]);
    await client.call("Debugger.resume");
    await failure;
  });

  test("stops at a breakpoint in the source of a script that was built", async (t) => {
    // Lines 1 and 2 of the script are lines 2 and 4 of the source.
    const map = {
      version: 3,
      sources: ["src/worker.ts"],
      names: [],
      mappings: "AACA;AAEA",
    };
    const script = [
      'export default { fetch: () => new Response(say("hello")) };',
      "function say(text) { return text.toUpperCase(); }",
      "//# sourceMappingURL=worker.mjs.map",
    ].join("\n");
    const source =
      "// A worker\nexport default { fetch: () => new Response(say('hello')) };\n\nfunction say(text: string) {}\n";
    const files = { "worker.mjs": script, "worker.mjs.map": JSON.stringify(map), "src/worker.ts": source };
    const cwd = folder(t, files);
    const process = await debuggee(t, { scriptPath: "worker.mjs", modules: true, inspectorPort: 0 }, { cwd });
    const client = await Debugger.connect(t, await urlOf(process));
    await client.enable();
    const file = pathToFileURL(path.join(cwd, "worker.mjs")).href;
    const parsed = await client.event("Debugger.scriptParsed", ({ url }) => url === file);
    const [, inlined] = parsed.sourceMapURL.split("data:application/json;base64,");
    const shown = JSON.parse(Buffer.from(inlined, "base64").toString());
    assert.deepEqual(shown.sources, [pathToFileURL(path.join(cwd, "src/worker.ts")).href]);
    assert.deepEqual(shown.sourcesContent, [source]);
    assert.equal(shown.mappings, map.mappings);
    // What a debugger makes of a breakpoint in line 4 of the source.
    await client.call("Debugger.setBreakpointByUrl", { url: file, lineNumber: 1, columnNumber: 21 });
    const answer = ask(process);
    const { frames } = await client.paused();
    assert.deepEqual([frames[0].name, await client.evaluate("text", frames[0])], ["say", "hello"]);
    await client.call("Debugger.resume");
    assert.equal(await answer, "HELLO");
  });

  test("gets what the console prints, with objects that it can look into", async (t) => {
    const script = `export default {
      fetch() {
        console.log("item", { list: [1, 2], name: "x" });
        console.warn("careful");
        return new Response("done");
      },
    };
    `;
    const { client, file, process } = await start(t, script);
    assert.equal(await ask(process), "done");
    const { args, stackTrace } = await client.event("Runtime.consoleAPICalled", ({ type }) => type === "log");
    assert.equal(args[0].value, "item");
    assert.deepEqual(await client.properties(args[1].objectId), { list: "Array(2)", name: "x", __proto__: undefined });
    const [{ functionName, url, lineNumber }] = stackTrace.callFrames;
    assert.deepEqual([functionName, url, lineNumber + 1], ["fetch", file, 3]);
    const warning = await client.event("Runtime.consoleAPICalled", ({ type }) => type === "warning");
    assert.equal(warning.args[0].value, "careful");
  });

  test("evaluates expressions in the worker's global scope", async (t) => {
    const { client } = await start(t);
    assert.equal(await client.evaluate("navigator.userAgent"), "Cloudflare-Workers");
    const { result } = await client.call("Runtime.evaluate", {
      expression: "new Response('text').text()",
      awaitPromise: true,
    });
    assert.equal(result.value, "text");
    await assert.rejects(client.evaluate("missing"), /ReferenceError: missing is not defined/);
  });

  test("stops a worker that is in a loop", async (t) => {
    const script = `export default {
      fetch() {
        const ends = new Int32Array(1);
        console.log("begun");
        while (Atomics.load(ends, 0) === 0) {}
        return new Response("done");
      },
    };
    `;
    const { client, process } = await start(t, script);
    const answer = ask(process);
    await client.event("Runtime.consoleAPICalled");
    await client.call("Debugger.pause");
    const { frames } = await client.paused();
    assert.equal(frames[0].name, "fetch");
    // V8 may have optimised the loop, in which a variable that a debugger sets is lost.
    await client.evaluate("Atomics.store(ends, 0, 1)", frames[0]);
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");
  });
});
