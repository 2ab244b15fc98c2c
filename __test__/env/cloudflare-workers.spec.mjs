// `cloudflare:workers` and `cloudflare:email` in tests of Jest and Vitest, and in the code that they import. Configurations map all
// such names to the sub-paths of this package in one line.

import assert from "node:assert/strict";
import { jest, jestOfModules, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const OPTIONS = {
  modules: true,
  scriptPath: "worker.mjs",
  durableObjects: { COUNTER: "Counter" },
  bindings: { KEY: "value" },
};
/** The worker, which tests import as well. */
const WORKER = `
import { DurableObject, RpcTarget, WorkerEntrypoint, env, exports, waitUntil } from "cloudflare:workers";
export const atTop = env.KEY;
export class Counter extends DurableObject {
  async increment(by = 1) {
    const count = ((await this.ctx.storage.get("count")) ?? 0) + by;
    await this.ctx.storage.put("count", count);
    return count;
  }
  async tell(target) { return target.hear(await this.increment()); }
  listen(listener) { return listener("called"); }
}
export class Greeter extends WorkerEntrypoint {
  greet(name) { return [name, this.env.KEY, this.ctx.props]; }
}
export class Ear extends RpcTarget {
  heard = [];
  hear(value) { this.heard.push(value); return "heard " + value; }
}
export default {
  async fetch(request, given, ctx) {
    waitUntil(Promise.resolve("waited"));
    const count = await env.COUNTER.getByName("fetch").increment();
    return Response.json([env.KEY, count, await exports.Greeter.greet("own"), await ctx.exports.Greeter.greet("ctx")]);
  },
};`;

/** The bodies of tests that a suite has, by their names. */
const TESTS = {
  "env is there at the top level": `
    expect(worker.atTop).toBe("value");
    expect(env.KEY).toBe("value");
    expect(Object.keys(env)).toContain("COUNTER");`,
  "a handler of the test uses the module": `
    const ctx = new ExecutionContext();
    const res = await worker.default.fetch(new Request("http://localhost/"), env, ctx);
    expect(await res.json()).toEqual(["value", 1, ["own", "value", {}], ["ctx", "value", {}]]);
    expect(await getMiniflareWaitUntil(ctx)).toEqual(["waited"]);`,
  "entrypoints and objects are constructed by hand": `
    const greeter = new worker.Greeter(new ExecutionContext(), { KEY: "own" });
    expect(greeter).toBeInstanceOf(WorkerEntrypoint);
    expect(greeter.greet("a")).toEqual(["a", "own", {}]);
    const id = env.COUNTER.idFromName("by hand");
    const state = await getMiniflareDurableObjectState(id);
    const counter = new worker.Counter(state, env);
    expect(await runWithMiniflareDurableObjectGates(state, () => counter.increment(5))).toBe(5);
    expect(await env.COUNTER.get(id).increment()).toBe(6);`,
  "targets and functions of the test are called": `
    const stub = env.COUNTER.getByName("targets");
    const ear = new worker.Ear();
    expect(await stub.tell(ear)).toBe("heard 1");
    expect(ear.heard).toEqual([1]);
    expect(await stub.listen((text) => text + " here")).toBe("called here");
    const local = new RpcStub(ear);
    expect(local instanceof RpcStub).toBe(true);
    expect(await local.hear("local")).toBe("heard local");`,
  "exports are the worker's": `
    expect(Object.keys(exports).sort()).toEqual(["Counter", "Ear", "Greeter", "default"]);
    expect(await exports.Greeter.greet("a")).toEqual(["a", "value", {}]);
    expect(await exports.Greeter({ props: { a: 1 } }).greet("b")).toEqual(["b", "value", { a: 1 }]);
    expect((await (await exports.default.fetch("http://localhost/")).json())[0]).toBe("value");
    expect(await exports.Counter.getByName("exported").increment()).toBe(1);`,
  "withEnv holds in what starts inside": `
    expect(await withEnv({ KEY: "other" }, async () => (await null, env.KEY))).toBe("other");
    expect(withEnvAndExports(null, { own: 1 }, () => [Object.keys(env), exports.own])).toEqual([[], 1]);
    expect(env.KEY).toBe("value");`,
  "messages are of the class": `
    const message = new EmailMessage("a@example.com", "b@example.com", "raw");
    expect([message.from, message.to]).toEqual(["a@example.com", "b@example.com"]);`,
};
const NAMES = "DurableObject, RpcStub, WorkerEntrypoint, env, exports, withEnv, withEnvAndExports";
const BODY = Object.entries(TESTS)
  .map(([name, body]) => `test(${JSON.stringify(name)}, async () => {${body}\n});`)
  .join("\n");
const IMPORTS = `import { ${NAMES} } from "cloudflare:workers";
import { EmailMessage } from "cloudflare:email";
import * as worker from "./worker.mjs";
${BODY}`;
const MAPPED = { "^cloudflare:(.*)$": "miniflare-rs/cloudflare-$1" };

function passed({ code, result, messages, stderr }, count) {
  assert.deepEqual([code, result?.numPassedTests], [0, count], messages + stderr);
  assert.doesNotMatch(stderr, /did not exit|open handle/i);
}

test("works in Jest, in ES modules", async (t) => {
  const more = { moduleNameMapper: MAPPED, testMatch: ["<rootDir>/alone.test.mjs"] };
  const cwd = suiteOf(t, {
    source: "",
    options: OPTIONS,
    more,
    files: { "worker.mjs": WORKER, "alone.test.mjs": IMPORTS },
  });
  passed(await jestOfModules(cwd, "--runInBand"), Object.keys(TESTS).length);
});

test("works in Jest, in CommonJS, without a worker", async (t) => {
  const source = `const { DurableObject, RpcStub, RpcTarget, env, exports: own, waitUntil } = require("cloudflare:workers");
    const { env: same } = require("cloudflare:test");
    class Counter extends DurableObject { constructor(ctx, env) { super(ctx, env); this.made = true; } }
    test("has what needs no worker", async () => {
      expect([env.KEY, same.KEY]).toEqual(["value", "value"]);
      await env.COUNTS.put("a", "1");
      expect(await same.COUNTS.get("a")).toBe("1");
      expect(new Counter("state", "env")).toMatchObject({ ctx: "state", env: "env", made: true });
      class Own extends RpcTarget { hi() { return { a: [1] }; } }
      expect(await new RpcStub(new Own()).hi()).toStrictEqual({ a: [1] });
    });
    test("says what is missing", () => {
      expect(() => own.default).toThrow(/exports.default is not there: the environment's worker runs no script/);
      expect(() => waitUntil(null)).toThrow(/createExecutionContext/);
    });`;
  const options = { bindings: { KEY: "value" }, kvNamespaces: ["COUNTS"], modules: true };
  const cwd = suiteOf(t, { source, options, more: { moduleNameMapper: MAPPED } });
  passed(await jest(cwd, "--runInBand"), 2);
});

test("works in Vitest", async (t) => {
  const cwd = project(t, emptyProject(t), ["vitest"]);
  const config = `import { fileURLToPath } from "node:url";
    const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
    export default {
      resolve: { alias: [{ find: /^cloudflare:/, replacement: "miniflare-rs/cloudflare-" }] },
      test: { environment, environmentOptions: ${JSON.stringify(OPTIONS)}, include: ["workers.test.mjs"] },
    };`;
  const source = `import { expect, test } from "vitest";\n${IMPORTS}`;
  write(cwd, { "worker.mjs": WORKER, "vitest.config.mjs": config, "workers.test.mjs": source });
  const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
  assert.equal([...stdout.matchAll(/^ok /gm)].length, Object.keys(TESTS).length, stdout + stderr);
  assert.equal(code, 0, stderr);
});
