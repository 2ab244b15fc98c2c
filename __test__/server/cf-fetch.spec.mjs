// Where `request.cf` comes from when it is fetched: a file that is kept for a month, and Cloudflare. What is fetched is
// replaced here, as tests have no network.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readFileSync, utimesSync } from "node:fs";
import path from "node:path";
import { serveCommand } from "../support/command.mjs";
import { folder, write } from "../support/files.mjs";
import { start } from "../support/http-server.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const ENDPOINT = "https://workers.cloudflare.com/cf.json";
const DAY = 86_400;
const script = `export default { fetch: (request) => Response.json(request.cf) };`;
const FETCHED = '{ "colo": "AMS", "country": "NL" }';

/** A log, whose `having` line is awaited. */
class AwaitedLog extends RecordingLog {
  #looks = [];

  log(line) {
    super.log(line);
    for (const look of this.#looks) look();
  }

  has(text) {
    return new Promise((resolve) => {
      const look = () => this.lines.some((line) => line.includes(text)) && resolve();
      this.#looks.push(look);
      look();
    });
  }
}

/** A server whose `cf` is fetched from a function. */
async function serve(t, answer, cfFetch) {
  const fetched = [];
  const { fetch } = globalThis;
  t.mock.method(globalThis, "fetch", (url, init) => {
    if (String(url) !== ENDPOINT) return fetch(url, init);
    fetched.push(String(url));
    return answer();
  });
  const log = new AwaitedLog();
  const { origin } = await start(t, { script, cfFetch, log });
  const cf = async () => (await (await fetch(origin)).json()).colo;
  return { fetched, log, cf };
}

const ok = async () => new Response(FETCHED);
const UPDATED = "[mf:inf] Updated `Request.cf` object cache!";
const WARNED = "[mf:wrn] Unable to fetch the `Request.cf` object! Falling back to a default placeholder...\n";

describe("cfFetch", () => {
  test("fetches the object, and keeps it as it came", async (t) => {
    const file = path.join(folder(t), "kept/cf.json");
    const { fetched, log, cf } = await serve(t, ok, file);
    await log.has(UPDATED);
    assert.equal(await cf(), "AMS");
    assert.equal(readFileSync(file, "utf8"), FETCHED);
    assert.deepEqual(fetched, [ENDPOINT]);
  });

  for (const [days, times] of [
    [0, 0],
    [29, 0],
    [31, 1],
  ]) {
    test(`${times === 0 ? "uses" : "renews"} what was kept ${days} days ago`, async (t) => {
      const cwd = folder(t, { "cf.json": '{ "colo": "OLD" }' });
      const file = path.join(cwd, "cf.json");
      const then = Date.now() / 1000 - days * DAY;
      utimesSync(file, then, then);
      const { fetched, log, cf } = await serve(t, ok, file);
      if (times > 0) await log.has(UPDATED);
      else while ((await cf()) === "DFW");
      assert.equal(await cf(), times > 0 ? "AMS" : "OLD");
      assert.equal(fetched.length, times);
    });
  }

  test("uses what is old when nothing newer can be had", async (t) => {
    const cwd = folder(t, { "cf.json": '{ "colo": "OLD" }' });
    const file = path.join(cwd, "cf.json");
    utimesSync(file, 1, 1);
    const { log, cf } = await serve(t, () => Promise.reject(new TypeError("fetch failed")), file);
    await log.has(WARNED);
    assert.equal(await cf(), "OLD");
  });

  test("fetches in place of a file that is broken", async (t) => {
    const cwd = folder(t, { "cf.json": "{" });
    const { log, cf } = await serve(t, ok, path.join(cwd, "cf.json"));
    await log.has(UPDATED);
    assert.equal(await cf(), "AMS");
  });

  const FAILURES = {
    "nothing answers": [
      () => Promise.reject(new TypeError("fetch failed", { cause: new Error("ENOTFOUND") })),
      "ENOTFOUND",
    ],
    "the answer is no JSON": [async () => new Response("<html>"), "SyntaxError"],
    "the answer is no object": [async () => new Response("[1]"), "Expected an object of JSON, got [1]"],
    "the answer is an error": [async () => new Response("{}", { status: 503 }), "answered with status 503"],
  };
  for (const [name, [answer, reason]] of Object.entries(FAILURES)) {
    test(`warns if ${name}, and uses the placeholder`, async (t) => {
      const file = path.join(folder(t), "cf.json");
      const { log, cf } = await serve(t, answer, file);
      await log.has(WARNED);
      const [warning] = log.having("[mf:wrn] ");
      assert.match(
        warning,
        /^Unable .*\nTo always use the placeholder, set the `--no-cf-fetch`\/`cfFetch: false` option\.\n/,
      );
      assert.ok(warning.includes(reason), warning);
      assert.equal(await cf(), "DFW");
      assert.equal(existsSync(file), false);
    });
  }

  test("warns if the file cannot be written, and uses what was fetched", async (t) => {
    const cwd = folder(t, { taken: "a file" });
    const { log, cf } = await serve(t, ok, path.join(cwd, "taken/cf.json"));
    await log.has(WARNED);
    assert.equal(await cf(), "AMS");
  });

  test("fetches nothing in the API unless it is set", async (t) => {
    const { fetched, cf } = await serve(t, ok, undefined);
    assert.equal(await cf(), "DFW");
    assert.deepEqual(fetched, []);
  });
});

describe("the command", () => {
  const preload = `const { fetch } = globalThis;
    globalThis.fetch = (url, init) => {
      if (String(url) !== ${JSON.stringify(ENDPOINT)}) return fetch(url, init);
      console.log("fetched");
      return Promise.resolve(new Response(${JSON.stringify(FETCHED)}));
    };`;
  const run = async (t, args, env, cwd = folder(t, { "worker.mjs": script })) => {
    write(cwd, { "preload.cjs": preload });
    const given = { NODE_OPTIONS: `--require ${path.join(cwd, "preload.cjs")}`, NODE_ENV: undefined, ...env };
    const started = await serveCommand(t, ["worker.mjs", ...args], { cwd, env: given });
    return { cwd, ...started, colo: async () => JSON.parse(await started.get()).colo };
  };

  test("fetches the object once, into node_modules/.mf", async (t) => {
    const { cwd, seen, colo } = await run(t, []);
    await seen(/Updated `Request\.cf` object cache!/);
    assert.equal(await colo(), "AMS");
    assert.equal(readFileSync(path.join(cwd, "node_modules/.mf/cf.json"), "utf8"), FETCHED);
    const second = await run(t, [], {}, cwd);
    while ((await second.colo()) === "DFW");
    assert.ok(!second.out.stdout.includes("fetched"), second.out.stdout);
  });

  for (const [name, [args, env, files]] of Object.entries({
    "--no-cf-fetch": [["--no-cf-fetch"], {}],
    "NODE_ENV=test": [[], { NODE_ENV: "test" }],
    "cf_fetch = false in wrangler.toml": [[], {}, { "wrangler.toml": "[miniflare]\ncf_fetch = false" }],
  })) {
    test(`fetches nothing with ${name}`, async (t) => {
      const { out, colo } = await run(t, args, env, folder(t, { "worker.mjs": script, ...files }));
      assert.equal(await colo(), "DFW");
      assert.ok(!out.stdout.includes("fetched"), out.stdout);
    });
  }

  test("keeps the object in the file that --cf-fetch names", async (t) => {
    const { cwd, seen } = await run(t, ["--cf-fetch=kept.json"], { NODE_ENV: "test" });
    await seen(/Updated `Request\.cf` object cache!/);
    assert.equal(readFileSync(path.join(cwd, "kept.json"), "utf8"), FETCHED);
  });
});
