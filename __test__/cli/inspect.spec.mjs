// `--inspect`, `--inspect-brk`, `--cpu-prof` and `--heap-prof`: debuggers connect to the worker of the command, and profiles of it are written.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { start } from "../support/command.mjs";
import { folder } from "../support/files.mjs";
import { Debugger } from "../support/inspector.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);
const WORKER = "const text = 'body';\nexport default { fetch: () => new Response(text) };\n";

/** Starts the command with a worker; the address of its inspector, and its output. */
async function command(t, ...args) {
  const cwd = folder(t, { "worker.mjs": WORKER });
  const all = ["worker.mjs", "--port", "0", "--host", "127.0.0.1", "--no-cf-fetch", ...args];
  const started = start(t, all, { cwd });
  const [, address] = await started.seen(/Debugger listening on (ws:\S+)/);
  return { ...started, url: new URL("worker", address) };
}

describe("the command", () => {
  test("lets debuggers connect with --inspect", async (t) => {
    const { url, seen } = await command(t, "--inspect=0");
    assert.equal(url.hostname, "127.0.0.1");
    await seen(/Listening on/);
    const client = await Debugger.connect(t, url);
    await client.enable();
    assert.equal(await client.evaluate("typeof Response"), "function");
  });

  test("listens where --inspect says", async (t) => {
    const { url } = await command(t, "--inspect=localhost:0");
    assert.equal(url.hostname, "localhost");
  });

  test("waits for a debugger with --inspect-brk, and has the worker paused at its first statement", async (t) => {
    const { url, seen, out } = await command(t, "--inspect-brk=0");
    const client = await Debugger.connect(t, url);
    assert.doesNotMatch(out.stdout, /Listening on/);
    await client.enable();
    const { frames } = await client.paused();
    assert.equal(frames[0].line, 1);
    await client.call("Debugger.resume");
    await seen(/Listening on/);
  });

  test("ends with a signal while the worker is paused", async (t) => {
    const { url, child, ended } = await command(t, "--inspect-brk=0");
    const client = await Debugger.connect(t, url);
    await client.enable();
    await client.paused();
    child.kill("SIGINT");
    assert.equal((await ended).code, 130);
  });

  /** The folder of a command that was served with these flags, until a signal ended it. */
  async function profiled(t, ...flags) {
    const cwd = folder(t, { "worker.mjs": WORKER });
    const args = ["worker.mjs", "--port", "0", "--host", "127.0.0.1", "--no-cf-fetch", ...flags];
    const { child, seen, ended } = start(t, args, { cwd });
    const [url] = await seen(/http:\/\/127\.0\.0\.1:\d+/);
    await (await fetch(url)).text();
    child.kill("SIGTERM");
    assert.equal((await ended).code, 143);
    return cwd;
  }
  const profileIn = (file) => JSON.parse(readFileSync(file, "utf8"));
  /** The only file of a folder whose name matches. */
  function fileIn(cwd, pattern) {
    const files = readdirSync(cwd).filter((name) => pattern.test(name));
    assert.equal(files.length, 1, readdirSync(cwd).join());
    return path.join(cwd, files[0]);
  }

  test("writes profiles at its end with --cpu-prof and --heap-prof", async (t) => {
    const cwd = await profiled(t, "--cpu-prof", "--heap-prof");
    const { nodes } = profileIn(fileIn(cwd, /^CPU\.\d{8}\.\d{6}\.\d+\.0\.001\.cpuprofile$/));
    assert.equal(nodes[0].callFrame.functionName, "(root)");
    const { head } = profileIn(fileIn(cwd, /^Heap\.\d{8}\.\d{6}\.\d+\.0\.001\.heapprofile$/));
    assert.equal(head.callFrame.functionName, "(root)");
  });

  test("writes profiles where the flags say", async (t) => {
    const cpu = ["--cpu-prof", "--cpu-prof-dir", "profiles", "--cpu-prof-name=a.cpuprofile"];
    const heap = ["--heap-prof", "--heap-prof-dir=profiles", "--heap-prof-name", "b.heapprofile"];
    const cwd = await profiled(t, ...cpu, ...heap);
    assert.equal(profileIn(path.join(cwd, "profiles/a.cpuprofile")).nodes[0].callFrame.functionName, "(root)");
    assert.equal(profileIn(path.join(cwd, "profiles/b.heapprofile")).head.callFrame.functionName, "(root)");
  });

  test("refuses flags of a profile without the profile", async (t) => {
    const { ended, out } = start(t, ["worker.mjs", "--heap-prof-dir", "profiles"], {});
    assert.equal((await ended).code, 1);
    assert.match(out.stderr, /--heap-prof-dir must be used with --heap-prof/);
  });
});
