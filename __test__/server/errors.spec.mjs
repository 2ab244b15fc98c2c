// Tags: oracle, every-node
// What a client gets, and the log is told, when a worker throws.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { differs } from "../support/miniflare.mjs";
import { RecordingLog } from "../support/log.mjs";
import { folder } from "../support/files.mjs";
import { get, start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const THROWING = `export default {
  fetch(request) {
    throw new TypeError("broken <b>here</b>", { cause: new Error("the reason") });
  },
};`;
const BROWSER = ["Accept: text/html,application/xhtml+xml,*/*;q=0.8", "User-Agent: Mozilla/5.0"];

for (const [name, lines] of Object.entries({
  "a client that names nothing": [],
  "a client that takes JSON": ["Accept: application/json"],
  curl: ["Accept: */*", "User-Agent: curl/8.0"],
})) {
  test(`${name} gets text`, differs("its silent log throws the error, which nothing catches"), async (t) => {
    const { port } = await start(t, { script: THROWING });
    const { status, headers, body } = await get(t, port, "/", lines);
    assert.equal(status, 500);
    assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(Number(headers["content-length"]), body.length);
    assert.match(body, /^TypeError: broken <b>here<\/b>\n {4}at Object\.fetch \(.*:3:11\)/);
  });
}

describe("a browser gets a page", () => {
  test(
    "with what was thrown, its cause, and the request",
    differs("its silent log throws the error, which nothing catches"),
    async (t) => {
      const { port } = await start(t, { script: THROWING });
      const { status, headers, body } = await get(t, port, "/path?query", [...BROWSER, "X-Mine: <i>"]);
      assert.equal(status, 500);
      assert.equal(headers["content-type"], "text/html; charset=UTF-8");
      assert.equal(Number(headers["content-length"]), body.length);
      for (const text of [
        "TypeError",
        "broken &lt;b&gt;here&lt;/b&gt;",
        "the reason",
        "/path?query",
        "CF-CONNECTING-IP",
      ]) {
        assert.ok(body.includes(text), `no ${text}`);
      }
      assert.ok(body.includes("X-MINE"));
      for (const unsafe of ["<b>here", "<i>"]) assert.ok(!body.includes(unsafe), `${unsafe} is not escaped`);
    },
  );

  test(
    "with the lines of the user's file",
    differs("its silent log throws the error, which nothing catches"),
    async (t) => {
      const file = path.join(folder(t), "worker.mjs");
      writeFileSync(file, THROWING);
      const { port } = await start(t, { scriptPath: file, modules: true });
      const { body } = await get(t, port, "/", BROWSER);
      assert.ok(body.includes(file));
      assert.match(body.replaceAll(/<[^>]*>/g, ""), /throw new TypeError/);
    },
  );

  test(
    "with the lines of a script that was given as text",
    differs("its silent log throws the error, which nothing catches"),
    async (t) => {
      const { port } = await start(t, { script: THROWING });
      const { body } = await get(t, port, "/", BROWSER);
      assert.match(body.replaceAll(/<script[\s\S]*?<\/script>|<[^>]*>/g, ""), /throw new TypeError/);
    },
  );

  test("that needs nothing from elsewhere", differs("its page loads a font"), async (t) => {
    const { port } = await start(t, { script: THROWING });
    const { body } = await get(t, port, "/", BROWSER);
    assert.deepEqual(body.match(/(?:src|@import|url\()\s*=?\s*["']?https?:/g), null);
    assert.doesNotMatch(body, /<link[^>]+href/);
    assert.match(body, /prefers-color-scheme: dark/);
  });

  test("that reloads", differs("its silent log throws the error, which nothing catches"), async (t) => {
    for (const liveReload of [true, false]) {
      const { port } = await start(t, { script: THROWING, liveReload });
      const { body } = await get(t, port, "/", BROWSER);
      assert.equal(body.includes("Miniflare Live Reload"), liveReload);
    }
  });

  const VALUES = {
    "a text": `"only <text>"`,
    undefined: "undefined",
    null: "null",
    "an object": "{ a: 1 }",
    "a number": "1",
  };
  for (const [name, value] of Object.entries(VALUES)) {
    test(`of ${name} that was thrown`, differs("its silent log throws the error, which nothing catches"), async (t) => {
      const { port } = await start(t, { script: `export default { fetch() { throw ${value}; } };` });
      const { status, body } = await get(t, port, "/", BROWSER);
      assert.equal(status, 500);
      assert.ok(!body.includes("<text>"));
    });
  }

  test(
    "whose text cannot leave its place",
    differs("its silent log throws the error, which nothing catches"),
    async (t) => {
      const script = `export default { fetch() {
      const error = new Error("$& <!-- STYLES --> </script>");
      error.stack = 'Error: x\\n    at a" onclick="alert(1) (/a"b.js:1:1)';
      error.hint = "<script>alert(1)</script>";
      throw error;
    } };`;
      const { port } = await start(t, { script });
      const { body } = await get(t, port, "/", BROWSER);
      assert.doesNotMatch(body, /title="[^"]*" onclick/);
      assert.ok(!body.includes("<script>alert(1)"));
    },
  );
});

test("the log has the request, the error and its cause", async (t) => {
  const log = new RecordingLog();
  const { port } = await start(t, { script: THROWING, log });
  await get(t, port, "/path?query");
  const [first, second] = log.having("[mf:err] ");
  assert.match(first, /^GET \/path\?query: TypeError: broken <b>here<\/b>\n/);
  assert.match(second, /^Cause: Error: the reason\n/);
});

test("a log that shows no errors is no reason to fail", differs("an unhandled rejection"), async (t) => {
  const { port } = await start(t, { script: THROWING });
  for (let count = 0; count < 3; count++) assert.equal((await get(t, port)).status, 500);
});

test(
  "a worker that cannot be loaded again answers with its error",
  differs("its silent log throws the error, which nothing catches"),
  async (t) => {
    const { mf, port } = await start(t, { script: `export default { fetch: () => new Response("good") };` });
    await assert.rejects(mf.setOptions({ script: "throw new Error('no start')" }));
    const { status, body } = await get(t, port);
    assert.equal(status, 500);
    assert.match(body, /no start/);
    await mf.setOptions({ script: `export default { fetch: () => new Response("again") };` });
    assert.equal((await get(t, port)).body, "again");
  },
);
