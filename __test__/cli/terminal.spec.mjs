// What a person sees and types who runs the command in a terminal.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { stripVTControlCharacters } from "node:util";
import { folder } from "../support/files.mjs";
import { inTerminal } from "../support/terminal.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);
const WORKER = `export default { fetch: () => new Response("body", { status: 404 }) };`;

/** Serves the worker in a terminal; `port` is where. */
async function serve(t, env = {}) {
  const cwd = folder(t, { "worker.mjs": WORKER });
  const args = ["worker.mjs", "--host", "127.0.0.1", "--port", "0"];
  const terminal = inTerminal(t, args, { cwd, env });
  const text = await terminal.until(/- http:\/\/127\.0\.0\.1:\d+\s/);
  const [, port] = /- http:\/\/127\.0\.0\.1:(\d+)/.exec(stripVTControlCharacters(text));
  return { ...terminal, port: Number(port) };
}

describe("--help in a terminal", () => {
  for (const [columns, expected] of [
    [undefined, 80],
    [80, 80],
    [100, 100],
  ]) {
    test(`of ${columns ?? "unknown"} columns has lines of at most ${expected}`, async (t) => {
      const { code, text } = await inTerminal(t, ["--help"], { columns }).ended;
      assert.equal(code, 0);
      const lines = stripVTControlCharacters(text).split(/\r?\n/);
      assert.equal(Math.max(...lines.map((line) => line.length)), expected);
      assert.ok(text.includes("\x1b[1mUsage:\x1b[22m"), text);
    });
  }
});

describe("the log in a terminal", () => {
  const answered = /GET \/ 404 Not Found \(/;
  const ESCAPE = "\x1b[";

  test("has colours", async (t) => {
    const { port, until } = await serve(t);
    await fetch(`http://127.0.0.1:${port}/`);
    const text = await until(answered);
    assert.ok(text.includes("\x1b[1mGET\x1b[22m / \x1b[33m\x1b[1m404\x1b[22m Not Found"), JSON.stringify(text));
  });

  for (const [name, env] of Object.entries({ NO_COLOR: { NO_COLOR: "1" }, "TERM=dumb": { TERM: "dumb" } })) {
    test(`has none with ${name}`, async (t) => {
      const { port, until } = await serve(t, env);
      await fetch(`http://127.0.0.1:${port}/`);
      const text = await until(answered);
      assert.ok(!text.includes(ESCAPE), JSON.stringify(text));
    });
  }
});

test("Ctrl+C ends the command, and its server", async (t) => {
  const { port, type, ended } = await serve(t);
  const socket = net.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const closed = once(socket, "close");
  type("\x03");
  assert.equal((await ended).code, 130);
  await closed;
});
