// `miniflare-rs replay file` dispatches the events of a recording once more, with the answers of the recording; and the recording of a
// process that was killed.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { door, root as packageRoot, run } from "../support/child.mjs";
import { rejection, URL_ROOT } from "../support/dispatch.mjs";
import { edit, folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const WORKER = `
export class Box {
  count = 0;
  async fetch(request) { return new Response([++this.count, await request.text()].join()); }
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/fails") throw new TypeError("as recorded");
    return new Response([pathname, await request.text(), await env.READ(pathname), Math.random(), env.TEXT].join());
  },
  async scheduled({ cron }, env) { await env.READ(cron); },
};`;

const replay = (cwd, ...args) =>
  run(process.execPath, [path.join(packageRoot, "bin/miniflare-rs.js"), "replay", ...args], { cwd });

/** Records a few events of a worker in a file, and what came of them. */
async function record(t) {
  const root = folder(t, { "worker.mjs": WORKER });
  const mf = create(t, {
    rootPath: root,
    scriptPath: "worker.mjs",
    modules: true,
    bindings: { READ: async (name) => `<${name} ${Math.random()}>`, TEXT: "text" },
    durableObjects: { BOX: "Box" },
    simulate: { seed: 3, record: "run.jsonl" },
  });
  const namespace = await mf.getDurableObjectNamespace("BOX");
  const box = namespace.get(namespace.idFromName("a"));
  const post = (body) => ({ method: "POST", body });
  const all = await Promise.all([
    mf.dispatchFetch(`${URL_ROOT}a`, post("first")).then((res) => res.text()),
    box.fetch(`${URL_ROOT}box`, post("second")).then((res) => res.text()),
    rejection(mf.dispatchFetch(`${URL_ROOT}fails`)),
    mf.dispatchScheduled(0, "* * * * *"),
  ]);
  await mf.dispose();
  return { root, texts: all.slice(0, 2) };
}

describe("the command replay", () => {
  test("dispatches the recorded events, with recorded answers", async (t) => {
    const { root, texts } = await record(t);
    const { code, stdout, stderr } = await replay(root, "run.jsonl");
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      `POST ${URL_ROOT}a: 200 ${texts[0]}
POST ${URL_ROOT}box: 200 ${texts[1]}
GET ${URL_ROOT}fails: as recorded
scheduled * * * * *
`,
    );
    // Also from elsewhere.
    const other = await replay(packageRoot, path.join(root, "run.jsonl"));
    assert.equal(other.stdout, stdout);
  });

  test("fails when the worker leaves the recording", async (t) => {
    const { root } = await record(t);
    edit(root, { "worker.mjs": WORKER.replace("env.READ(cron)", "env.READ('x' + cron)") });
    const { code, stderr } = await replay(root, "run.jsonl");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /recorded is bindings\.READ\("\* \* \* \* \*"\), and now there is bindings\.READ\("x\* \* \* \* \*"\)/,
    );
  });

  test("wants a file", async (t) => {
    const root = folder(t, { "other.txt": "other" });
    const other = await replay(root, "other.txt");
    assert.equal(other.code, 1);
    assert.match(other.stderr, /"[^"]*other\.txt" contains no recording/);
    const missing = await replay(root, "missing.jsonl");
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /ENOENT/);
    assert.match((await replay(root, "a", "b")).stderr, /takes one file/);
  });
});

describe("the recording of a process that was killed", () => {
  test("is complete up to that moment", async (t) => {
    const root = folder(t, { "worker.mjs": WORKER });
    const source = `import { Miniflare } from ${JSON.stringify(door)};
      let asked = 0;
      const READ = async () => { if (++asked < 3) return asked; process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); };
      const mf = new Miniflare({ scriptPath: "worker.mjs", modules: true, bindings: { READ }, simulate: { seed: 1, record: "run.jsonl" } });
      for (const path of ["a", "b", "c"]) await mf.dispatchFetch("http://localhost/" + path);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source], { cwd: root, stdio: "inherit" });
    const [, signal] = await once(child, "exit");
    assert.equal(signal, "SIGKILL");

    const options = {
      rootPath: root,
      scriptPath: "worker.mjs",
      modules: true,
      bindings: { READ: () => assert.fail() },
    };
    const mf = create(t, { ...options, simulate: { replay: "run.jsonl" } });
    const ask = async (name) => (await mf.dispatchFetch(URL_ROOT + name)).text();
    assert.match(await ask("a"), /^\/a,,1,/);
    assert.match(await ask("b"), /^\/b,,2,/);
    // The call that killed the process is the last that is known.
    const last = rejection(ask("c"));
    await mf.dispose();
    assert.match((await last).code, /ERR_(REPLAY|DISPOSED)/);
    const file = path.join(root, "run.jsonl");
    fs.appendFileSync(file, '{"event":{"kind');
    const cut = create(t, { ...options, simulate: { replay: "run.jsonl" } });
    assert.match(await (await cut.dispatchFetch(`${URL_ROOT}a`)).text(), /^\/a,,1,/);
  });
});
