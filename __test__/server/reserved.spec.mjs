// Tags: every-node
// Paths that Cloudflare's network answers itself.

import assert from "node:assert/strict";
import { ask, get, start } from "../support/http-server.mjs";
import { deferred } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const script = `export default {
  fetch: (request) => new Response(new URL(request.url).pathname),
  scheduled: ({ scheduledTime, cron }, { told }) => told([scheduledTime, cron]),
};`;

for (const path of ["/cdn-cgi", "/cdn-cgi/", "/x/cdn-cgi/y", "/.mf/reload"]) {
  test(`${path} is the worker's`, async (t) => {
    const { port } = await start(t, { script });
    assert.equal((await get(t, port, path)).body, path);
  });
}

for (const path of ["/cdn-cgi/x", "/cdn-cgi/mf", "/cdn-cgi/mf/reload", "/cdn-cgi/mf/reload/", "/cdn-cgi/./x"]) {
  test(`${path} is not found`, async (t) => {
    const { port } = await start(t, { script });
    const { status, headers, body } = await get(t, port, path);
    assert.deepEqual([status, headers["content-type"], body], [404, "text/plain; charset=UTF-8", ""]);
  });
}

for (const path of ["/cdn-cgi/mf/scheduled", "/cdn-cgi/mf/scheduled/"]) {
  test(`${path} dispatches a scheduled event`, async (t) => {
    const { promise, resolve } = deferred();
    const { port } = await start(t, { script, bindings: { told: resolve } });
    const { status, body } = await ask(t, port, [`POST ${path}?time=1000&cron=*+*+*+*+* HTTP/1.1`, "Host: a"]);
    assert.deepEqual([status, body], [200, ""]);
    assert.deepEqual(await promise, [1000, "* * * * *"]);
  });
}

test("an event without a time is of now", async (t) => {
  const { promise, resolve } = deferred();
  const { port, mf } = await start(t, { script, bindings: { told: resolve } });
  await mf.clock.set(5000);
  await get(t, port, "/cdn-cgi/mf/scheduled?time=soon");
  assert.deepEqual(await promise, [5000, ""]);
});

test("the log names a handler that fails", async (t) => {
  const { promise, resolve } = deferred();
  const log = new RecordingLog();
  log.error = resolve;
  const failing = `export default { scheduled() { throw new Error("not now"); } };`;
  const { port } = await start(t, { script: failing, log });
  assert.equal((await get(t, port, "/cdn-cgi/mf/scheduled")).status, 200);
  assert.match((await promise).message, /not now/);
});
