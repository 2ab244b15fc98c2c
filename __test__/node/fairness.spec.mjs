// Requests that are awaited one after the other leave Node's loop its turns: timers, I/O and immediates go on meanwhile.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** A loop that is starved would never end, nor would the test's own time limit come. */
const PATIENCE = 10_000;

const SCRIPT = `
export class Box { fetch() { return new Response("object"); } }
export default { fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === "/throw") throw new Error("thrown");
  return pathname === "/object" ? env.BOX.get(env.BOX.idFromName("a")).fetch(request) : new Response("body");
} };`;

const EVENTS = {
  "a timer": (done) => setTimeout(done, 50),
  "an immediate": (done) => setImmediate(done),
  "a file that is read": (done) => fs.readFile(new URL(import.meta.url), done),
};

const ASKED = {
  requests: (mf) => mf.dispatchFetch("http://localhost/"),
  "requests that fail": (mf) => mf.dispatchFetch("http://localhost/throw").catch(() => {}),
  "requests to objects": (mf) => mf.dispatchFetch("http://localhost/object"),
};

for (const [what, ask] of Object.entries(ASKED)) {
  describe(`while ${what} are awaited in a loop`, () => {
    for (const [event, begin] of Object.entries(EVENTS)) {
      test(`${event} comes`, async (t) => {
        const mf = create(t, { script: SCRIPT, durableObjects: { BOX: "Box" } });
        await ask(mf);
        let hasCome = false;
        begin(() => (hasCome = true));
        const start = performance.now();
        while (!hasCome && performance.now() - start < PATIENCE) await ask(mf);
        assert.ok(hasCome);
      });
    }
  });
}

test("a stub that is asked in a loop leaves the loop its turns", async (t) => {
  const mf = create(t, { script: SCRIPT, durableObjects: { BOX: "Box" } });
  const namespace = await mf.getDurableObjectNamespace("BOX");
  const stub = namespace.get(namespace.idFromName("a"));
  let hasCome = false;
  setTimeout(() => (hasCome = true), 50);
  const start = performance.now();
  while (!hasCome && performance.now() - start < PATIENCE) await stub.fetch("http://localhost/");
  assert.ok(hasCome);
});

test("a rejection that waits for the loop is handled by whoever awaits it", async (t) => {
  const mf = create(t, { script: SCRIPT, durableObjects: { BOX: "Box" } });
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  const start = performance.now();
  let errors = 0;
  while (performance.now() - start < 100) await mf.dispatchFetch("http://localhost/throw").catch(() => errors++);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(errors > 0);
  assert.deepEqual(unhandled, []);
});
