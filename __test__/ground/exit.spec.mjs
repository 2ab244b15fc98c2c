// Tags: oracle
// The end of a process: at any moment, with anything under way, and by itself when nothing is.
// MINIFLARE_EXIT_RUNS says how many times processes are ended at random moments (200 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { isOracle } from "../support/miniflare.mjs";
import { root, run, runScript } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { within } from "../support/test.mjs";

const RUNS = Number(process.env.MINIFLARE_EXIT_RUNS ?? 40);
const test = within(60_000 + RUNS * 5_000);
const LATEST_MS = 400;
const busy = path.join(root, "__test__/support/busy.mjs");
const flags = isOracle ? ["--no-warnings", "--experimental-vm-modules"] : ["--no-warnings"];

const endings = {
  exit: { code: 7, signal: null },
  "exit in a promise": { code: 7, signal: null },
  "exit in the worker's call": { code: 7, signal: null },
  "an uncaught error": { code: 1, signal: null },
  "a signal": { code: null, signal: "SIGTERM" },
  reallyExit: { code: 7, signal: null },
};

describe("a process that is ended at a random moment", () => {
  for (const [by, expected] of Object.entries(endings)) {
    const runs = Math.ceil(RUNS / Object.keys(endings).length);
    test(`by ${by}, ${runs} times, neither crashes nor hangs`, async (t) => {
      const persist = folder(t);
      for (let round = 0; round < runs; round++) {
        const after = Math.round(Math.random() * LATEST_MS);
        const moment = JSON.stringify({ after, by, persist });
        const { code, signal, timedOut, stderr } = await run(process.execPath, [...flags, busy, moment], {
          timeout: 30_000,
        });
        assert.equal(timedOut, false, `it hung, ended by ${moment}\n${stderr}`);
        assert.deepEqual({ code, signal }, expected, `ended by ${moment}\n${stderr}`);
        assert.doesNotMatch(stderr, /panicked|Fatal|FATAL|core dumped|Assertion/, moment);
      }
    });
  }
});

const HELLO = `const mf = new Miniflare({ modules: true, script: "export default { async fetch() { " +
  "await new Promise((resolve) => setTimeout(resolve, 20)); return new Response('hello'); } }" });`;

/** A script that must end by itself, soon, having printed `expected`. */
async function endsByItself(source, expected, { code = 0 } = {}) {
  const result = await runScript(source, { timeout: 20_000 });
  assert.equal(result.timedOut, false, `it did not end\n${result.stdout}${result.stderr}`);
  assert.deepEqual([result.code, result.signal, result.stdout.trim()], [code, null, expected], result.stderr);
}

const ASK = `console.log(await (await mf.dispatchFetch("http://localhost/")).text());`;

describe("a process ends by itself", () => {
  test("when it has disposed its instances", () => endsByItself(`${HELLO} ${ASK} await mf.dispose();`, "hello"));

  test("when it has disposed them without waiting", () => endsByItself(`${HELLO} ${ASK} mf.dispose();`, "hello"));

  test("when its instances are idle", () => endsByItself(`${HELLO} ${ASK} ${ASK}`, "hello\nhello"));

  test("when an instance was never asked anything", () => endsByItself(`${HELLO} console.log("made");`, "made"));

  test("when a response is left unread", () =>
    endsByItself(
      `const mf = new Miniflare({ modules: true, script: "export default { fetch: () => " +
      "new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1024)); } })) }",
      compatibilityDate: "2022-11-30" });
      console.log((await mf.dispatchFetch("http://localhost/")).status);`,
      "200",
    ));

  test("but not before its requests are answered", () =>
    endsByItself(
      `${HELLO}
      mf.dispatchFetch("http://localhost/").then((response) => response.text()).then(console.log);`,
      "hello",
    ));

  test("but not before waitUntil is done that is waited for", () =>
    endsByItself(
      `const mf = new Miniflare({ modules: true, script: "export default { fetch(request, env, ctx) { " +
      "ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 20, 'done'))); return new Response(); } }" });
      const response = await mf.dispatchFetch("http://localhost/");
      console.log((await response.waitUntil()).join());`,
      "done",
    ));

  test("with the exit code it has set, after beforeExit and exit", () =>
    endsByItself(
      `${HELLO}
      process.once("beforeExit", () => console.log("before"));
      process.on("exit", (code) => console.log("exit", code));
      process.exitCode = 3;
      ${ASK}`,
      "hello\nbefore\nexit 3",
      { code: 3 },
    ));

  test("when an exit listener uses the instance a last time", () =>
    endsByItself(
      `${HELLO} ${ASK}
      process.on("exit", () => {
        mf.dispatchFetch("http://localhost/").catch(() => {});
        mf.dispose().catch(() => {});
      });`,
      "hello",
    ));
});
