// Tags: oracle, every-node
// Builds: a command that makes the script before it is read.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { create, createInvalid, differs, LogLevel } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const says = (what) => `export default { fetch: () => new Response(${JSON.stringify(what)}) };`;
const COPY = `node -e "fs.copyFileSync('in.mjs', 'out.mjs'); fs.appendFileSync('builds', 'x')"`;
const built = (rootPath, options = {}) => ({
  rootPath,
  modules: true,
  scriptPath: "out.mjs",
  buildCommand: COPY,
  buildBasePath: rootPath,
  ...options,
});
const failure = (t, buildCommand) =>
  rejection(createInvalid(t, { buildCommand, modules: true, script: says("unused") }).dispatchFetch(URL_ROOT));

describe("a build command", () => {
  test("runs before the script is read, and is reported", async (t) => {
    const log = new RecordingLog(LogLevel.INFO);
    const root = folder(t, { "in.mjs": says("built") });
    assert.equal(await text(create(t, built(root, { log }))), "built");
    assert.ok(log.having("[mf:inf] ").includes("Build succeeded"), log.lines.join());
  });

  test("knows that it runs for Miniflare", async (t) => {
    const root = folder(t);
    const buildCommand = `node -e "fs.writeFileSync('env', process.env.MINIFLARE)"`;
    await text(create(t, { modules: true, script: says(""), rootPath: root, buildCommand, buildBasePath: "." }));
    assert.equal(readFileSync(path.join(root, "env"), "utf8"), "1");
  });

  test("runs again at reload, and not for options that have nothing to do with it", async (t) => {
    const root = folder(t, { "in.mjs": says("built") });
    const mf = create(t, built(root));
    await text(mf);
    await mf.setOptions({ bindings: { KEY: "value" } });
    assert.equal(readFileSync(path.join(root, "builds"), "utf8"), "x");
    await mf.reload();
    assert.equal(readFileSync(path.join(root, "builds"), "utf8"), "xx");
  });

  test("that fails is an error with its exit code", async (t) => {
    const error = await failure(t, "exit 7");
    assert.deepEqual([error.name, error.code, error.message], ["BuildError [7]", 7, "Build failed with exit code 7"]);
  });

  test("that is ended by a signal says which", differs("it says code null"), async (t) => {
    assert.equal((await failure(t, "kill -KILL $$")).message, "Build was ended by SIGKILL");
  });

  test("that does not end is ended by dispose", differs("dispose waits for it"), async (t) => {
    const mf = createInvalid(t, { buildCommand: "exec sleep 1000", modules: true, script: says("") });
    const answer = rejection(mf.dispatchFetch(URL_ROOT));
    await mf.dispose();
    assert.ok(["ERR_DISPOSED", -1].includes((await answer).code));
  });
});
