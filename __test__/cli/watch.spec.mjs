// Tags: oracle
// What the command does beyond one script: watching, builds, configuration files, environments, mounts, cron triggers.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { root } from "../support/child.mjs";
import { serveCommand, start } from "../support/command.mjs";
import { folder, write } from "../support/files.mjs";
import { differs } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

const RELOADED = /Worker reloaded!/;
const worker = (text) => `export default { async fetch(request, { KV, NAME }) {
  const count = Number((await KV?.get("count")) ?? 0) + 1;
  await KV?.put("count", String(count));
  return new Response(\`${text} \${count} \${NAME}\`);
} };`;

describe("--watch", () => {
  test("loads a script that was edited, and keeps port and storage", async (t) => {
    const cwd = folder(t, { "worker.mjs": worker("one") });
    const { get, seen } = await serveCommand(t, ["-m", "worker.mjs", "--watch", "-k", "KV"], { cwd });
    assert.equal(await get(), "one 1 undefined");
    write(cwd, { "worker.mjs": worker("another") });
    await seen(RELOADED, 1);
    assert.equal(await get(), "another 2 undefined");
  });

  test("loads modules that were edited", async (t) => {
    const cwd = folder(t, {
      "worker.mjs": 'import { text } from "./text.mjs";\nexport default { fetch: () => new Response(text) };',
    });
    write(cwd, { "text.mjs": 'export const text = "one";' });
    const { get, seen } = await serveCommand(t, ["-m", "worker.mjs", "-w"], { cwd });
    write(cwd, { "text.mjs": 'export const text = "another";' });
    await seen(RELOADED, 1);
    assert.equal(await get(), "another");
  });

  test("says what is wrong with an edit, and goes on with the next", differs("it does not say where"), async (t) => {
    const cwd = folder(t, { "worker.mjs": worker("one") });
    const { get, seen, child } = await serveCommand(t, ["-m", "worker.mjs", "-w"], { cwd });
    write(cwd, { "worker.mjs": "export default {" });
    await seen(/\[mf:err\] .*worker\.mjs:1\n/);
    assert.equal(child.exitCode, null);
    write(cwd, { "worker.mjs": worker("mended") });
    await seen(RELOADED, 1);
    assert.equal(await get(), "mended 1 undefined");
  });

  test("reads configuration files that were edited", async (t) => {
    const cwd = folder(t, { "worker.mjs": worker("one"), "wrangler.toml": '[vars]\nNAME = "toml"' });
    const { get, seen } = await serveCommand(t, ["-m", "worker.mjs", "-w"], { cwd });
    assert.equal(await get(), "one 1 toml");
    write(cwd, { ".env": "NAME=dotenv" });
    await seen(RELOADED, 1);
    assert.equal(await get(), "one 1 dotenv");
    write(cwd, { ".env": "NAME=changed" });
    await seen(RELOADED, 2);
    assert.equal(await get(), "one 1 changed");
  });
});

describe("a build", () => {
  const build = (text) => `require("node:fs").writeFileSync("out.mjs", ${JSON.stringify(worker(text))});`;

  test("is run before the script is read, and again when what it is made of changes", async (t) => {
    const cwd = folder(t, { "src/build.js": build("built") });
    const args = ["-m", "out.mjs", "-B", `"${process.execPath}" src/build.js`, "--build-watch-path", "src"];
    const { get, seen } = await serveCommand(t, args, { cwd });
    await seen(/\[mf:inf\] Build succeeded/);
    assert.equal(await get(), "built 1 undefined");
    write(cwd, { "src/build.js": build("again") });
    await seen(/Build succeeded/, 1);
    await seen(RELOADED, 1);
    assert.equal(await get(), "again 1 undefined");
  });

  test("that takes long shows that it is under way", differs("it shows nothing"), async (t) => {
    const waits = `const { existsSync, writeFileSync } = require("node:fs");
      const look = setInterval(() => {
        if (!existsSync("go")) return;
        clearInterval(look);
        ${build("slow")}
      }, 20);`;
    const cwd = folder(t, { "build.js": waits });
    const { seen } = start(t, ["out.mjs", "-B", `"${process.execPath}" build.js`, "-p", "0"], { cwd });
    await seen(/\[mf:inf\] Building\.\.\. \(\d+s\)/);
    write(cwd, { go: "" });
    await seen(/Build succeeded/);
    await seen(/Listening/);
  });

  test("does not keep the command from its end", differs("it goes on"), async (t) => {
    const cwd = folder(t, { "worker.mjs": worker("one") });
    const build = "echo begun; while [ ! -e stop ]; do sleep 0.1; done";
    const { child, seen, ended } = start(t, ["worker.mjs", "-B", build], { cwd });
    await seen(/begun/);
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    assert.equal(code, 130);
    // The build has the command's output as well.
    write(cwd, { stop: "" });
    await ended;
  });
});

test("a start that takes long shows that it is under way", differs("it shows nothing"), async (t) => {
  const script = `await scheduler.wait(3_000); ${worker("slow")}`;
  const cwd = folder(t, { "worker.mjs": script });
  const { seen } = start(t, ["worker.mjs", "-p", "0", "--global-timers"], { cwd });
  await seen(/\[mf:inf\] Starting worker\.\.\. \(\d+s\)/);
  await seen(/Listening/);
});

describe("options", () => {
  const toml = `name = "top"
    [vars]
    NAME = "toml"
    [env.dev]
    vars = { NAME = "dev" }
    [env.dev.miniflare]
    kv_persist = "dev-data"`;

  test("come from flags, .env and wrangler.toml, in this order", async (t) => {
    const cwd = folder(t, { "worker.mjs": worker("one"), "wrangler.toml": toml });
    const named = async (args) => (await serveCommand(t, ["-m", "worker.mjs", ...args], { cwd })).get();
    assert.equal(await named([]), "one 1 toml");
    write(cwd, { ".env": "NAME=dotenv" });
    assert.equal(await named([]), "one 1 dotenv");
    write(cwd, { ".env.test": "NAME=other" });
    assert.equal(await named(["-e", ".env.test"]), "one 1 other");
    assert.equal(await named(["-b", "NAME=flag"]), "one 1 flag");
  });

  test("come from the environment of wrangler.toml that --wrangler-env names", async (t) => {
    const cwd = folder(t, { "worker.mjs": worker("one"), "wrangler.toml": toml });
    const args = ["-m", "worker.mjs", "--wrangler-env", "dev", "-k", "KV"];
    assert.equal(await (await serveCommand(t, args, { cwd })).get(), "one 1 dev");
    assert.ok(fs.existsSync(path.join(cwd, "dev-data")));
  });

  test("come from another file, by -c", async (t) => {
    const cwd = folder(t, {
      "worker.mjs": worker("one"),
      "other.toml": '[vars]\nNAME = "other"',
      "wrangler.toml": toml,
    });
    const { get } = await serveCommand(t, ["-m", "worker.mjs", "-c", "other.toml"], { cwd });
    assert.equal(await get(), "one 1 other");
  });

  test("name the script in package.json and wrangler.toml", async (t) => {
    const upload = '[build.upload]\nformat = "modules"\nmain = "worker.mjs"\ndir = "src"';
    const cwd = folder(t, { "src/worker.mjs": worker("uploaded"), "wrangler.toml": upload });
    assert.equal(await (await serveCommand(t, [], { cwd })).get(), "uploaded 1 undefined");
    const other = folder(t, { "a/worker.mjs": worker("packaged"), "package.json": '{ "module": "a/worker.mjs" }' });
    assert.equal(await (await serveCommand(t, ["-m"], { cwd: other })).get(), "packaged 1 undefined");
  });

  test("name a main in TypeScript, which is built again after an edit", differs("it reads no main"), async (t) => {
    const cwd = folder(t, { "wrangler.toml": 'name = "ts"\nmain = "src/index.ts"\ncompatibility_date = "2024-01-01"' });
    const source = (text) => `const text: string = "${text}";\nexport default { fetch: () => new Response(text) };`;
    write(cwd, { "src/index.ts": source("built") });
    fs.mkdirSync(path.join(cwd, "node_modules"));
    for (const name of ["esbuild", "@esbuild"]) {
      fs.symlinkSync(path.join(root, "node_modules", name), path.join(cwd, "node_modules", name));
    }
    const { get, seen } = await serveCommand(t, ["--watch"], { cwd });
    assert.equal(await get(), "built");
    write(cwd, { "src/index.ts": source("again") });
    await seen(RELOADED, 1);
    assert.equal(await get(), "again");
  });

  test("of a mount come from its own folder", async (t) => {
    const cwd = folder(t, {
      "worker.mjs": worker("main"),
      "api/package.json": '{ "module": "api.mjs" }',
      "api/wrangler.toml":
        'name = "api"\nroute = "*/api*"\n[build.upload]\nformat = "modules"\n[vars]\nNAME = "mounted"',
      "api/api.mjs": worker("api"),
    });
    const { get, out } = await serveCommand(t, ["-m", "worker.mjs", "--mount", "api=api"], { cwd });
    assert.equal(await get("/"), "main 1 undefined");
    assert.equal(await get("/api"), "api 1 mounted");
    assert.match(out.stdout, /\[mf:inf:api\] Worker reloaded!/);
  });
});

describe("--cron", () => {
  test("dispatches scheduled events, which are logged", async (t) => {
    const script = `export default { scheduled: ({ cron }) => console.log("scheduled by", cron), fetch: () => new Response() };`;
    const cwd = folder(t, { "worker.mjs": script });
    const { seen } = await serveCommand(t, ["-m", "worker.mjs", "-t", "* * * * * *"], { cwd });
    await seen(/scheduled by \* \* \* \* \* \*/);
    await seen(/SCHD \* \* \* \* \* \* \(/);
  });
});
