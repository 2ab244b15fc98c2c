// A replay ends in the debugger on request: where the error is thrown that was recorded, or after the last entry.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root as packageRoot, run } from "../support/child.mjs";
import { rejection, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { Debugger, debuggee } from "../support/inspector.mjs";
import { create, createInvalid } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const WORKER = `const MOST = 4;
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    try { throw new RangeError("caught"); } catch {}
    const value = await env.READ(pathname);
    const doubled = value * 2;
    if (doubled > MOST) throw new TypeError("too much");
    return new Response(doubled);
  },
};
`;
const LINE = { CAUGHT: 5, AFTER_ANSWER: 7, THROWN: 8 };

const COMMAND = path.join(packageRoot, "bin/miniflare-rs.js");
const VALUES = { "/a": 1, "/b": 3 };
const optionsIn = (root) => ({ rootPath: root, scriptPath: "worker.mjs", modules: true });

/** Records requests for these paths, one after the other; the folder and the URL of the script. */
async function record(t, paths) {
  const root = folder(t, { "worker.mjs": WORKER });
  const bindings = { READ: async (name) => VALUES[name] };
  const mf = create(t, { ...optionsIn(root), bindings, simulate: { seed: 1, record: "run.jsonl" } });
  for (const name of paths) await mf.dispatchFetch(`http://localhost${name}`).catch(() => {});
  await mf.dispose();
  return { root, url: pathToFileURL(path.join(root, "worker.mjs")).href };
}

/** The command, and a debugger that is connected to its worker. */
async function replay(t, root, flag) {
  const child = spawn(process.execPath, [COMMAND, "replay", "run.jsonl", flag], { cwd: root });
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "close").then(([code]) => code);
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (out.stdout += chunk));
  const said = (pattern) =>
    new Promise((resolve) => {
      const look = () => {
        const found = pattern.exec(out.stderr);
        if (found === null) return;
        child.stderr.off("data", look);
        resolve(found);
      };
      child.stderr.on("data", look);
      look();
    });
  child.stderr.on("data", (chunk) => (out.stderr += chunk));
  const [, url] = await said(/Debugger listening on (ws:\S+)/);
  const client = await Debugger.connect(t, url);
  return { client, ended, out, said };
}

describe("miniflare-rs replay --inspect", () => {
  test("pauses where the error is thrown that an event failed with", async (t) => {
    const { root, url } = await record(t, ["/a", "/b", "/a"]);
    const { client, ended, out, said } = await replay(t, root, "--inspect=0");
    await client.enable();
    const { reason, frames, data } = await client.paused();
    assert.match(reason, /^(exception|promiseRejection)$/);
    assert.match(data.description, /^TypeError: too much/);
    assert.deepEqual([frames[0].url, frames[0].line], [url, LINE.THROWN]);
    assert.equal(await client.evaluate("value + ' ' + pathname", frames[0]), "3 /b");
    await client.call("Debugger.resume");
    // The last event is over, and the debugger can still look around.
    await said(/Waiting for the debugger to disconnect/);
    assert.equal(
      out.stdout,
      "GET http://localhost/a: 200 2\nGET http://localhost/b: too much\nGET http://localhost/a: 200 2\n",
    );
    assert.equal(await client.evaluate("typeof Response"), "function");
    await client.close();
    assert.equal(await ended, 0);
  });

  test("pauses at other exceptions only if the debugger wants that", async (t) => {
    const { root } = await record(t, ["/b"]);
    const { client } = await replay(t, root, "--inspect=0");
    await client.call("Debugger.enable");
    await client.call("Debugger.setPauseOnExceptions", { state: "all" });
    await client.call("Runtime.runIfWaitingForDebugger");
    assert.equal((await client.paused()).frames[0].line, LINE.CAUGHT);
    await client.call("Debugger.resume");
    assert.equal((await client.paused()).frames[0].line, LINE.THROWN);
  });

  test("pauses after the last entry if no event failed, and steps from there", async (t) => {
    const { root } = await record(t, ["/a", "/a"]);
    const { client, ended, out } = await replay(t, root, "--inspect=0");
    await client.enable();
    const { frames } = await client.paused();
    assert.equal(frames[0].line, LINE.AFTER_ANSWER);
    assert.equal(await client.evaluate("value", frames[0]), 1);
    await client.call("Debugger.stepOver");
    assert.equal((await client.paused()).frames[0].line, LINE.AFTER_ANSWER + 1);
    await client.close();
    assert.equal(await ended, 0);
    assert.equal(out.stdout, "GET http://localhost/a: 200 2\n".repeat(2));
  });

  test("pauses at the first statement with --inspect-brk, and where the replay ends as well", async (t) => {
    const { root, url } = await record(t, ["/b"]);
    const { client } = await replay(t, root, "--inspect-brk=127.0.0.1:0");
    await client.enable();
    const first = await client.paused();
    assert.deepEqual([first.frames[0].url, first.frames[0].line], [url, 1]);
    await client.call("Debugger.resume");
    assert.equal((await client.paused()).frames[0].line, LINE.THROWN);
  });

  test("refuses a value that is no address, and other flags", async (t) => {
    const { root } = await record(t, ["/a"]);
    const fails = (...args) => run(process.execPath, [COMMAND, "replay", ...args], { cwd: root });
    const wrong = await fails("run.jsonl", "--inspect=1 2");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /Unexpected value for --inspect: "1 2"/);
    const other = await fails("run.jsonl", "--watch");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /replay file \[--inspect/);
  });
});

describe("simulate: { replay, pause }", () => {
  test("has a test's replay end in the debugger", async (t) => {
    const { root } = await record(t, ["/b"]);
    const options = { ...optionsIn(root), inspectorPort: 0, simulate: { replay: "run.jsonl", pause: true } };
    const process = await debuggee(t, null, { cwd: root });
    await process.run(({ Miniflare }, given) => {
      globalThis.mf = new Miniflare({ ...given, bindings: { READ() {} } });
    }, options);
    const url = await process.run(async () => (await globalThis.mf.getInspectorURL()).href);
    const answer = process.run(async () => (await globalThis.mf.dispatchFetch("http://localhost/b")).text());
    answer.catch(() => {});
    const client = await Debugger.connect(t, url);
    await client.enable();
    const { frames } = await client.paused();
    assert.equal(frames[0].line, LINE.THROWN);
    await client.call("Debugger.resume");
    assert.match((await rejection(answer)).message, /too much/);
  });

  test("needs an inspector", async (t) => {
    const { root } = await record(t, ["/a"]);
    const mf = createInvalid(t, { ...optionsIn(root), simulate: { replay: "run.jsonl", pause: true } });
    const { code, message } = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(code, "ERR_INVALID_OPTION");
    assert.match(message, /"simulate.pause" needs an inspector\. Set the option "inspectorPort"/);
  });

  test("leaves the options of the recorded run's inspector out", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const bindings = { READ: async () => 1 };
    const simulate = { seed: 1, record: "run.jsonl" };
    const mf = create(t, { ...optionsIn(root), bindings, simulate, inspectorPort: 0 });
    await mf.dispatchFetch(URL_ROOT);
    await mf.dispose();
    const { code, stdout, stderr } = await run(process.execPath, [COMMAND, "replay", "run.jsonl"], { cwd: root });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, `GET ${URL_ROOT}: 200 2\n`);
    assert.equal(stderr, "");
  });
});
