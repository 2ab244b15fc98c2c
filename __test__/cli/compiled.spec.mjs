// Tags: every-node
// What Node compiles of the command: it is kept for the next start, where Node can do that.

import assert from "node:assert/strict";
import fs from "node:fs";
import module from "node:module";
import { serveCommand } from "../support/command.mjs";
import { folder } from "../support/files.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);
const NEITHER = { NODE_COMPILE_CACHE: undefined, NODE_DISABLE_COMPILE_CACHE: undefined, NODE_V8_COVERAGE: undefined };

/** What is in the folder of temporary files of a command that has served and ended. */
async function kept(t, env) {
  const cwd = folder(t, { "worker.js": `addEventListener("fetch", (event) => event.respondWith(new Response("a")));` });
  const TMPDIR = folder(t, {});
  const { get, child, ended } = await serveCommand(t, ["worker.js"], { cwd, env: { ...NEITHER, TMPDIR, ...env } });
  assert.equal(await get(), "a");
  child.kill("SIGTERM");
  await ended;
  return fs.readdirSync(TMPDIR, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
}

test("it is in the folder of temporary files", async (t) => {
  const files = await kept(t, {});
  if (module.enableCompileCache === undefined) assert.deepEqual(files, []);
  else assert.ok(files.length > 3, `${files.length} files`);
});

test("it is not if NODE_DISABLE_COMPILE_CACHE is set", async (t) => {
  assert.deepEqual(await kept(t, { NODE_DISABLE_COMPILE_CACHE: "1" }), []);
});

test("it is not while coverage is measured", async (t) => {
  const coverage = folder(t, {});
  assert.deepEqual(await kept(t, { NODE_V8_COVERAGE: coverage }), []);
});
