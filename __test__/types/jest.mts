// The globals of the Jest environment, used as a suite uses them. Compiled by `npm run types`, never run.

import "miniflare-rs/jest/globals";
import type { DurableObjectNamespace, DurableObjectState, DurableObjectStorage, KVNamespace } from "miniflare-rs";
import MiniflareEnvironment, { type MiniflareEnvironmentOptions, TestEnvironment } from "miniflare-rs/jest";
import CoverageReporter from "miniflare-rs/jest-coverage";

const reporter = new CoverageReporter({ collectCoverage: false });
const options: MiniflareEnvironmentOptions = { modules: true, kvNamespaces: ["KV"], customExportConditions: ["worker"] };
const environments: (typeof MiniflareEnvironment)[] = [TestEnvironment, class extends MiniflareEnvironment {}];

interface Env {
  KV: KVNamespace;
  COUNTER: DurableObjectNamespace;
}
const { KV, COUNTER } = getMiniflareBindings<Env>();
const value: string | null = await KV.get("key");
const untyped: number = getMiniflareBindings().NUMBER;

getMiniflareFetchMock().get("https://example.com").intercept({ path: "/" }).reply(200, "text");

const ctx = new ExecutionContext();
ctx.waitUntil(Promise.resolve(1));
const waited: unknown[] = await getMiniflareWaitUntil(ctx);
const [first]: [number] = await getMiniflareWaitUntil<[number]>(ctx);
const event = new FetchEvent("fetch", { request: new Request("http://localhost/") });
event.respondWith(new Response(event.request.url));
await getMiniflareWaitUntil(event);
await getMiniflareWaitUntil(new ScheduledEvent("scheduled", { scheduledTime: 1, cron: "* * * * *" }));

class Counter {
  constructor(readonly state: DurableObjectState) {}
  count = async () => (await this.state.storage.get<number>("count")) ?? 0;
}

const id = COUNTER.idFromName("a");
const storage: DurableObjectStorage = await getMiniflareDurableObjectStorage(id);
const state: DurableObjectState = await getMiniflareDurableObjectState(id);
const count: number = await runWithMiniflareDurableObjectGates(state, () => new Counter(state).count());
const instance: Counter = await getMiniflareDurableObjectInstance<Counter>(id);
const alarms: number = await flushMiniflareDurableObjectAlarms([id]);
await flushMiniflareDurableObjectAlarms();
const digits: string[] = (await getMiniflareDurableObjectIds("COUNTER")).map(String);

// @ts-expect-error: an id is no name
getMiniflareDurableObjectIds(id);
// @ts-expect-error: options of an instance, and Jest's
const wrong: MiniflareEnvironmentOptions = { kvNamespaces: "KV" };

export { alarms, count, digits, environments, first, instance, options, reporter, storage, untyped, value, waited, wrong };
