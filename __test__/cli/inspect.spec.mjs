// `--inspect` and `--inspect-brk`: debuggers connect to the worker of the command.

import { describe } from "node:test";
import assert from "node:assert/strict";
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
});
