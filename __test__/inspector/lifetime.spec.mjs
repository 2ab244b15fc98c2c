// What becomes of a paused worker, its debuggers and its process when any of them ends or starts again.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { edit, folder } from "../support/files.mjs";
import { ask, Debugger, debuggee, urlOf } from "../support/inspector.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const PAUSING = `export default {
  fetch() {
    debugger;
    return new Response("done");
  },
};
`;

/** A debuggee with this script, and a debugger. */
async function start(t, script = PAUSING, options = {}) {
  const process = await debuggee(t, { script, modules: true, inspectorPort: 0, ...options });
  const url = await urlOf(process);
  const client = await Debugger.connect(t, url);
  await client.enable();
  return { process, url, client };
}

describe("a paused worker", () => {
  test("goes on when its debugger disconnects", async (t) => {
    const { process, client } = await start(t);
    const answer = ask(process);
    await client.paused();
    await client.close();
    assert.equal(await answer, "done");
    assert.equal(await ask(process), "done");
  });

  test("goes on when its debugger is killed", async (t) => {
    const { process, client } = await start(t);
    const answer = ask(process);
    await client.paused();
    client.terminate();
    assert.equal(await answer, "done");
  });

  test("goes on when the connection breaks while an expression of the debugger's is paused", async (t) => {
    const { process, client } = await start(t);
    client.call("Runtime.evaluate", { expression: "debugger; 1" });
    await client.paused();
    await client.close();
    assert.equal(await process.run(() => "free"), "free");
  });

  test("has two debuggers, which both see it stop and go on", async (t) => {
    const { process, url, client } = await start(t);
    const other = await Debugger.connect(t, url);
    await other.enable();
    const answer = ask(process);
    const [first, second] = [await client.paused(), await other.paused()];
    assert.equal(first.frames[0].name, "fetch");
    assert.equal(second.frames[0].name, "fetch");
    assert.equal(await other.evaluate("1 + 1", second.frames[0]), 2);
    await other.call("Debugger.resume");
    await client.event("Debugger.resumed");
    assert.equal(await answer, "done");
    await other.close();
    const again = ask(process);
    await client.paused();
    await client.call("Debugger.resume");
    assert.equal(await again, "done");
  });

  test("takes a new debugger, which sees the pause", async (t) => {
    const { process, url, client } = await start(t);
    const answer = ask(process);
    await client.paused();
    const other = await Debugger.connect(t, url);
    await other.call("Debugger.enable");
    const { frames } = await other.paused();
    assert.equal(frames[0].name, "fetch");
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");
  });

  test("lets the debugger of another worker work", async (t) => {
    const { process, client, url } = await start(t, PAUSING, {
      name: "main",
      mounts: { other: { script: "globalThis.me = 'other';" } },
    });
    const answer = ask(process);
    await client.paused();
    const other = await Debugger.connect(t, new URL("/other", url));
    await other.enable();
    assert.equal(await other.evaluate("me"), "other");
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");
  });

  test("is not stopped by its limit of CPU time", async (t) => {
    const { process, client } = await start(t, PAUSING, { cpuLimitMs: 100 });
    const answer = ask(process);
    const { frames } = await client.paused();
    // More CPU time than the limit, and more time than that: the watchdog would have stopped it.
    const busy = "const until = performance.timeOrigin; let sum = 0; for (let i = 0; i < 3e8; i++) sum += i; sum > 0";
    assert.equal(await client.evaluate(busy, frames[0]), true);
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");
  });

  test("is not stopped by its limit of memory", async (t) => {
    const { process, client } = await start(t, PAUSING, { heapLimitMb: 32 });
    const answer = ask(process);
    const { frames } = await client.paused();
    const large = "Array.from({ length: 100 }, (_, i) => new Array(1e5).fill(i)).length";
    assert.equal(await client.evaluate(large, frames[0]), 100);
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");
  });

  test("ends with its process when that is told to end", async (t) => {
    const { process, client } = await start(t);
    ask(process);
    await client.paused();
    process.child.kill("SIGTERM");
    assert.deepEqual(await process.ended, { code: null, signal: "SIGTERM" });
  });

  test("goes on when its instance is disposed of", async (t) => {
    const process = await debuggee(t, null);
    const url = await process.run(
      async (scope, script) => {
        const end = () => void (scope.disposed = scope.mf.dispose().then(() => true));
        scope.mf = new scope.Miniflare({ script, modules: true, inspectorPort: 0, bindings: { end } });
        return (await scope.mf.getInspectorURL()).href;
      },
      PAUSING.replace("fetch()", "fetch(request, env)"),
    );
    const client = await Debugger.connect(t, url);
    await client.enable();
    const answer = ask(process);
    const { frames } = await client.paused();
    await client.evaluate("env.end()", frames[0]).catch(() => {});
    assert.equal(await answer, "done");
    await client.closed;
    assert.equal(await process.run((scope) => scope.disposed), true);
  });

  test("ends with its thread when that is terminated", async (t) => {
    const process = await debuggee(t, null);
    const url = await process.run(
      async (scope, script, door) => {
        const { Worker } = await import("node:worker_threads");
        const source = `
        import { parentPort, workerData } from "node:worker_threads";
        const { Miniflare } = await import(workerData.door);
        const mf = new Miniflare({ script: workerData.script, modules: true, inspectorPort: 0 });
        parentPort.postMessage((await mf.getInspectorURL()).href);
        parentPort.once("message", () => mf.dispatchFetch("http://localhost"));
      `;
        scope.thread = new Worker(source, { eval: true, workerData: { script, door } });
        return new Promise((resolve) => scope.thread.once("message", resolve));
      },
      PAUSING,
      new URL("../support/miniflare.mjs", import.meta.url).href,
    );
    const client = await Debugger.connect(t, url);
    await client.enable();
    await process.run((scope) => void scope.thread.postMessage("go"));
    await client.paused();
    assert.equal(await process.run((scope) => scope.thread.terminate()), 1);
    await client.closed;
  });
});

describe("a worker that is loaded again", () => {
  const WORKER = `export default {
  fetch() {
    const version = 1;
    return new Response(String(version));
  },
};
`;

  test("keeps its address, its breakpoints and what else a debugger has set", async (t) => {
    const cwd = folder(t, { "worker.mjs": WORKER });
    const file = pathToFileURL(path.join(cwd, "worker.mjs")).href;
    const options = { scriptPath: "worker.mjs", modules: true, inspectorPort: 0 };
    const process = await debuggee(t, options, { cwd });
    const url = await urlOf(process);
    const client = await Debugger.connect(t, url);
    await client.enable();
    await client.call("Runtime.addBinding", { name: "report" });
    const { breakpointId } = await client.call("Debugger.setBreakpointByUrl", { url: file, lineNumber: 3 });
    const removed = await client.call("Debugger.setBreakpointByUrl", { url: file, lineNumber: 2 });
    await client.call("Debugger.removeBreakpoint", { breakpointId: removed.breakpointId });
    for (const version of [2, 3]) {
      edit(cwd, { "worker.mjs": WORKER.replace("version = 1", `version = ${version}`) });
      client.events.length = 0;
      await process.run(({ mf }) => mf.reload());
      await client.event("Debugger.breakpointResolved", (it) => it.breakpointId === breakpointId);
      const contexts = client.events
        .map(({ method }) => method)
        .filter((method) => method.includes("executionContext"));
      assert.deepEqual(contexts, ["Runtime.executionContextsCleared", "Runtime.executionContextCreated"]);
      assert.equal(await urlOf(process), url);
      const answer = ask(process);
      const { frames } = await client.paused();
      assert.deepEqual([frames[0].line, await client.evaluate("version", frames[0])], [4, version]);
      await client.evaluate("report('here')");
      const called = await client.event("Runtime.bindingCalled");
      assert.equal(called.payload, "here");
      await client.call("Debugger.resume");
      await client.event("Debugger.resumed");
      assert.equal(await answer, String(version));
    }
    const ended = client.events.filter(({ method }) => method === "Runtime.executionContextDestroyed");
    assert.deepEqual(ended, []);
  });

  test("stops at breakpoints while its script starts", async (t) => {
    const script = "const setting = 'on';\nexport default { fetch: () => new Response(setting) };\n";
    const cwd = folder(t, { "worker.mjs": script });
    const file = pathToFileURL(path.join(cwd, "worker.mjs")).href;
    const options = { scriptPath: "worker.mjs", modules: true, inspectorPort: 0 };
    const process = await debuggee(t, options, { cwd });
    const client = await Debugger.connect(t, await urlOf(process));
    await client.enable();
    await client.call("Debugger.setBreakpointByUrl", { url: file, lineNumber: 0 });
    const reloaded = process.run(({ mf }) => mf.reload());
    const { frames } = await client.paused();
    assert.deepEqual([frames[0].url, frames[0].line], [file, 1]);
    await client.call("Debugger.resume");
    await reloaded;
  });

  test("is debugged again after a limit has stopped it", async (t) => {
    const script = `export default {
      fetch(request) {
        if (request.url.endsWith("/loop")) for (;;);
        debugger;
        return new Response("done");
      },
    };
    `;
    const { process, client } = await start(t, script, { cpuLimitMs: 100 });
    await assert.rejects(ask(process, "/loop"), { code: "ERR_CPU_LIMIT" });
    const answer = ask(process);
    await client.paused();
    await client.call("Debugger.resume");
    assert.equal(await answer, "done");
  });
});

describe("the option inspectorBreak", () => {
  test("has the worker wait for a debugger, and pauses it at the first statement", async (t) => {
    const cwd = folder(t, {
      "worker.mjs": "// A worker\nconst setting = 'on';\nexport default { fetch: () => new Response(setting) };\n",
    });
    const options = { scriptPath: "worker.mjs", modules: true, inspectorPort: 0, inspectorBreak: true };
    const process = await debuggee(t, options, { cwd });
    const answer = ask(process);
    const client = await Debugger.connect(t, await urlOf(process));
    await client.enable();
    const { reason, frames } = await client.paused();
    assert.deepEqual([reason, frames[0].line], ["Break on start", 2]);
    await client.call("Debugger.resume");
    assert.equal(await answer, "on");
    await process.run(({ mf }) => mf.reload());
    assert.equal(await ask(process), "on");
  });

  test("lets an instance be disposed of that waits", async (t) => {
    const process = await debuggee(t, { script: PAUSING, modules: true, inspectorPort: 0, inspectorBreak: true });
    const failure = assert.rejects(ask(process), { code: "ERR_DISPOSED" });
    await urlOf(process);
    await process.run(({ mf }) => mf.dispose());
    await failure;
  });
});
