// `cloudflare:test` in tests of Jest and Vitest, whose configurations map the name to `miniflare-rs/cloudflare-test`.

import assert from "node:assert/strict";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const OPTIONS = {
  modules: true,
  scriptPath: "worker.mjs",
  durableObjects: { COUNTER: "Counter" },
  bindings: { KEY: "value" },
  kvNamespaces: ["NAMESPACE"],
};
const WORKER = `
export class Counter {
  constructor(state) { this.state = state; this.count = 0; }
  async fetch(request) {
    if (request.url.endsWith("/alarm")) await this.state.storage.setAlarm(Date.now() + 100_000);
    return new Response(String(++this.count));
  }
  alarm() { this.count += 100; }
}
export default {
  fetch: (request, env) => env.COUNTER.getByName("a").fetch(request),
  scheduled(controller, env, ctx) { ctx.waitUntil(env.COUNTER.getByName("cron").fetch("http://localhost/")); },
};`;

/** The bodies of tests that a suite has, by their names. */
const TESTS = {
  "env has the bindings": `
    expect(env.KEY).toBe("value");
    expect("KEY" in env).toBe(true);
    expect(Object.keys(env)).toContain("COUNTER");`,
  "SELF is the worker": `
    expect(await (await SELF.fetch("http://localhost/")).text()).toBe("1");
    await SELF.scheduled({ cron: "* * * * *" });
    const stub = env.COUNTER.getByName("cron");
    expect(await runInDurableObject(stub, (counter) => counter.count)).toBe(1);`,
  "objects are reached": `
    const stub = env.COUNTER.getByName("b");
    expect(await runDurableObjectAlarm(stub)).toBe(false);
    await stub.fetch("http://localhost/alarm");
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await runInDurableObject(stub, ({ count }, state) => [count, state.id.name])).toEqual([101, "b"]);
    expect((await listDurableObjectIds(env.COUNTER)).map(String)).toContain(String(stub.id));
    await evictDurableObject(stub);
    expect(await (await stub.fetch("http://localhost/")).text()).toBe("1");
    await evictAllDurableObjects();
    expect(await (await stub.fetch("http://localhost/")).text()).toBe("1");`,
  "everything is deleted": `
    const stub = env.COUNTER.getByName("c");
    await stub.fetch("http://localhost/alarm");
    await env.NAMESPACE.put("key", "value");
    await reset();
    expect(await env.NAMESPACE.get("key")).toBe(null);
    expect(await listDurableObjectIds(env.COUNTER)).toEqual([]);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
    expect(await (await stub.fetch("http://localhost/")).text()).toBe("1");`,
  "handlers are called by hand": `
    const ctx = createExecutionContext();
    expect(ctx).toBeInstanceOf(ExecutionContext);
    let done = false;
    ctx.waitUntil(Promise.resolve().then(() => (done = true)));
    await waitOnExecutionContext(ctx);
    expect(done).toBe(true);
    const batch = createMessageBatch("queue", [{ id: "a", body: "text" }]);
    batch.messages[0].ack();
    expect((await getQueueResult(batch, ctx)).explicitAcks).toEqual(["a"]);
    expect(createScheduledController({ cron: "* * * * *" }).cron).toBe("* * * * *");`,
};
const NAMES = [
  ..."createExecutionContext createMessageBatch createScheduledController env evictAllDurableObjects".split(" "),
  ..."evictDurableObject getQueueResult listDurableObjectIds reset runDurableObjectAlarm".split(" "),
  ..."runInDurableObject SELF waitOnExecutionContext".split(" "),
].join(", ");
const BODY = Object.entries(TESTS)
  .map(([name, body]) => `test(${JSON.stringify(name)}, async () => {${body}\n});`)
  .join("\n");

test("works in Jest", async (t) => {
  const source = `const { ${NAMES} } = require("cloudflare:test");\n${BODY}`;
  const more = { moduleNameMapper: { "^cloudflare:test$": "miniflare-rs/cloudflare-test" } };
  const cwd = suiteOf(t, { source, options: OPTIONS, more, files: { "worker.mjs": WORKER } });
  const { code, result, messages, stderr } = await jest(cwd, "--runInBand");
  assert.deepEqual([code, result.numPassedTests], [0, Object.keys(TESTS).length], messages);
  assert.doesNotMatch(stderr, /did not exit|open handle/i);
});

test("works in Vitest", async (t) => {
  const cwd = project(t, emptyProject(t), ["vitest"]);
  const config = `import { fileURLToPath } from "node:url";
    const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
    export default {
      resolve: { alias: { "cloudflare:test": "miniflare-rs/cloudflare-test" } },
      test: { environment, environmentOptions: ${JSON.stringify(OPTIONS)}, include: ["helpers.test.mjs"] },
    };`;
  const source = `import { expect, test } from "vitest";\nimport { ${NAMES} } from "cloudflare:test";\n${BODY}`;
  write(cwd, { "worker.mjs": WORKER, "vitest.config.mjs": config, "helpers.test.mjs": source });
  const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
  assert.equal([...stdout.matchAll(/^ok /gm)].length, Object.keys(TESTS).length, stdout + stderr);
  assert.equal(code, 0, stderr);
});
