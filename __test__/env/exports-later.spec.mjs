// `exports` of `cloudflare:workers` in tests of an environment whose script runs when a test first needs it.

import assert from "node:assert/strict";
import { jest, suiteOf } from "../support/jest.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const WORKER = `
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
export class Counter extends DurableObject { #n = 0; increment() { return ++this.#n; } hear(target) { return target.hear("told"); } }
export class Greeter extends WorkerEntrypoint { greet(name) { return [name, this.ctx.props]; } }
export default { fetch: () => new Response("default") };`;

const SOURCE = `
const { env, exports: own, RpcTarget } = require("cloudflare:workers");
test("reaches entrypoints", async () => {
  expect(await own.Greeter.greet("a")).toEqual(["a", {}]);
  expect(await own.Greeter({ props: { b: 1 } }).greet("b")).toEqual(["b", { b: 1 }]);
  expect(await (await own.default.fetch("http://localhost/")).text()).toBe("default");
});
test("reaches objects, with targets of the test", async () => {
  class Ear extends RpcTarget { hear(text) { return "heard " + text; } }
  expect(await own.Counter.getByName("a").increment()).toBe(1);
  expect(await env.COUNTER.getByName("a").increment()).toBe(2);
  expect(await env.COUNTER.getByName("a").hear(new Ear())).toBe("heard told");
});`;

test("in Jest, in each file of a process", async (t) => {
  const options = { modules: true, scriptPath: "worker.mjs", durableObjects: { COUNTER: "Counter" } };
  const more = {
    moduleNameMapper: { "^cloudflare:(.*)$": "miniflare-rs/cloudflare-$1" },
    testMatch: ["<rootDir>/*.test.cjs"],
  };
  const files = { "worker.mjs": WORKER, "second.test.cjs": SOURCE, "third.test.cjs": SOURCE };
  const cwd = suiteOf(t, { source: SOURCE, options, more, files });
  const { code, result, messages, stderr } = await jest(cwd, "--runInBand");
  assert.deepEqual([code, result.numPassedTests], [0, 6], messages + stderr);
});
