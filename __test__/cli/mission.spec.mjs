// Tags: oracle
// What Miniflare's documentation of Web Standards says of the command: limits of subrequests, frozen time, and the global scope,
// by flags, by keys of wrangler.toml, and by the environment.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { runCommand, serveCommand } from "../support/command.mjs";
import { folder } from "../support/files.mjs";
import { differs } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** Makes as many subrequests as the path says, and answers with how many were made. */
const SUBREQUESTS = `export default { async fetch(request) {
  const wanted = Number(new URL(request.url).pathname.slice(1));
  let made = 0;
  try {
    for (; made < wanted; made++) await caches.default.match("http://localhost/none");
  } catch (error) {
    return new Response(made + " " + error.message);
  }
  return new Response(String(made));
} };`;

describe("MINIFLARE_SUBREQUEST_LIMIT", () => {
  const serve = async (t, env, args = [], files = {}) => {
    const cwd = folder(t, { "worker.mjs": SUBREQUESTS, ...files });
    return (await serveCommand(t, ["-m", "worker.mjs", ...args], { cwd, env })).get;
  };
  const limited = (count) => new RegExp(`^${count} Too many subrequests`);

  test("is 50 by default", async (t) => {
    const get = await serve(t, {});
    assert.equal(await get("/50"), "50");
    assert.match(await get("/51"), limited(50));
  });

  test("changes the limit: $ MINIFLARE_SUBREQUEST_LIMIT=100 miniflare", async (t) => {
    const get = await serve(t, { MINIFLARE_SUBREQUEST_LIMIT: "100" });
    assert.equal(await get("/100"), "100");
    assert.match(await get("/101"), limited(100));
  });

  test("disables the limit if it is negative", async (t) => {
    const get = await serve(t, { MINIFLARE_SUBREQUEST_LIMIT: "-1" });
    assert.equal(await get("/200"), "200");
  });

  test("disables subrequests if it is 0", async (t) => {
    const get = await serve(t, { MINIFLARE_SUBREQUEST_LIMIT: "0" });
    assert.match(await get("/1"), limited(0));
  });

  const differing = differs("it has no such option");
  test("can be a flag or a key instead", differing, async (t) => {
    const byFlag = await serve(t, {}, ["--subrequest-limit", "3"]);
    assert.match(await byFlag("/4"), limited(3));
    const byKey = await serve(t, {}, [], { "wrangler.toml": "[miniflare]\nsubrequest_limit = 2" });
    assert.match(await byKey("/3"), limited(2));
  });
});

/** Answers whether the time goes on while the worker computes. */
const TIME = `export default { fetch() {
  const start = Date.now(), date = new Date().getTime();
  let goesOn = false;
  for (let round = 0; round < 2e7 && !goesOn; round++) goesOn = Date.now() > start && new Date().getTime() > date;
  return new Response(String(goesOn));
} };`;

describe("--actual-time", () => {
  const serve = async (t, args, files = {}) => {
    const cwd = folder(t, { "worker.mjs": TIME, ...files });
    const { get } = await serveCommand(t, ["-m", "worker.mjs", ...args], { cwd });
    return get();
  };

  test("makes the time go on: $ miniflare --actual-time", async (t) => {
    assert.equal(await serve(t, ["--actual-time"]), "true");
  });

  test("can be a key of wrangler.toml: [miniflare] actual_time = true", async (t) => {
    assert.equal(await serve(t, [], { "wrangler.toml": "[miniflare]\nactual_time = true" }), "true");
  });

  test("is off by default", async (t) => assert.equal(await serve(t, []), "false"));
});

describe("--global-async-io, --global-timers and --global-random", () => {
  const USES = {
    "--global-async-io": ["global_async_io", 'await caches.default.match("http://localhost/");'],
    "--global-timers": ["global_timers", "await new Promise((resolve) => setTimeout(resolve));"],
    "--global-random": ["global_random", "crypto.getRandomValues(new Uint8Array(1));"],
  };
  const script = (uses) => `${uses}\nexport default { fetch: () => new Response("started") };`;
  const everything = script(
    Object.values(USES)
      .flatMap(([, use]) => use)
      .join("\n"),
  );

  for (const [flag, [key, use]] of Object.entries(USES)) {
    test(`without ${flag} the script fails, with it it starts`, async (t) => {
      const cwd = folder(t, { "worker.mjs": script(use) });
      const { code, stdout } = await runCommand(t, ["-m", "worker.mjs", "-p", "0"], { cwd });
      assert.equal(code, 1);
      assert.match(
        stdout,
        /Some functionality, such as asynchronous I\/O.*can only be performed while handling a request/,
      );
      const { get } = await serveCommand(t, ["-m", "worker.mjs", flag], { cwd });
      assert.equal(await get(), "started");
    });

    test(`can be a key of wrangler.toml: [miniflare] ${key} = true`, async (t) => {
      const cwd = folder(t, { "worker.mjs": script(use), "wrangler.toml": `[miniflare]\n${key} = true` });
      const { get } = await serveCommand(t, ["-m", "worker.mjs"], { cwd });
      assert.equal(await get(), "started");
    });
  }

  test("all: $ miniflare --global-async-io --global-timers --global-random", async (t) => {
    const cwd = folder(t, { "worker.mjs": everything });
    const { get } = await serveCommand(t, ["-m", "worker.mjs", ...Object.keys(USES)], { cwd });
    assert.equal(await get(), "started");
  });
});

describe("a Durable Object", () => {
  test("is bound by --do, of this script or of a mounted one, and keeps what it stored", async (t) => {
    const object = `export class TestObject {
      constructor(state) { this.storage = state.storage; }
      async fetch() {
        const count = ((await this.storage.get("count")) ?? 0) + 1;
        await this.storage.put("count", count);
        return new Response(String(count));
      }
    }
    export default { fetch: (request, env) => env.TEST_OBJECT.get(env.TEST_OBJECT.idFromName("test")).fetch(request) };`;
    const own = folder(t, { "worker.mjs": object });
    const args = ["worker.mjs", "--do", "TEST_OBJECT=TestObject", "--do-persist=objects"];
    for (const expected of ["1", "2"]) {
      const { get, child, ended } = await serveCommand(t, args, { cwd: own });
      assert.equal(await get(), expected);
      child.kill("SIGTERM");
      await ended;
    }
    const other = `export default { fetch: (request, env) => env.TEST_OBJECT.get(env.TEST_OBJECT.idFromName("test")).fetch(request) };`;
    const cwd = folder(t, {
      "worker.mjs": other,
      "api/package.json": '{ "module": "worker.mjs" }',
      "api/wrangler.toml": '[build.upload]\nformat = "modules"',
      "api/worker.mjs": object,
    });
    const mounted = ["worker.mjs", "--do", "TEST_OBJECT=TestObject@api", "--mount", "api=api"];
    const { get } = await serveCommand(t, mounted, { cwd });
    assert.equal(await get(), "1");
  });
});
