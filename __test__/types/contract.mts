// Everything that index.d.ts declares, used as a suite in ES modules uses it. Compiled by `npm run types`, never run.
// Where a type is given to a variable, the declaration must yield exactly that much.

import {
  type CpuProfile,
  type HeapProfile,
  type CronScheduler,
  type DurableObjectId,
  type DurableObjectJurisdiction,
  type DurableObjectListOptions,
  type DurableObjectNamespace,
  type DurableObjectOptions,
  type DurableObjectState,
  type DurableObjectStorage,
  type DurableObjectStorageOptions,
  type DurableObjectStub,
  type DurableObjectTransaction,
  Log,
  LogLevel,
  type LogOptions,
  Miniflare,
  type MiniflareOptions,
  type ModuleRule,
  type ModuleRuleType,
  type MountOptions,
  NoOpLog,
  ReloadEvent,
  Request,
  type RequestInfo,
  type RequestInit,
  Response,
  type ResponseInit,
  type ServiceBinding,
  type WebSocketRequestResponsePair,
  type ExecutionContext,
  type ScheduledController,
  type MessageBatch,
  type QueueResult,
  type Usage,
} from "miniflare-rs";

const type: ModuleRuleType = "CompiledWasm";
const rule: ModuleRule = { type, include: ["**/*.wasm"] };
const object: DurableObjectOptions = { className: "Counter", scriptName: "api" };

const options: MiniflareOptions = {
  script: "export default {}",
  scriptPath: "worker.mjs",
  rootPath: import.meta.dirname,
  buildCommand: "make",
  buildBasePath: ".",
  buildWatchPaths: ["src"],
  watch: false,
  crons: ["* * * * *"],
  wranglerConfigPath: true,
  wranglerConfigEnv: "dev",
  packagePath: "package.json",
  envPath: ".env",
  envPathDefaultFallback: true,
  scriptRequired: false,
  modules: true,
  modulesRules: [rule, { type: "Text", include: ["**/*.txt"], fallthrough: true }],
  bindings: { TEXT: "text", LIST: [1, 2], notify: (url: string) => url.length, KEY: new Uint8Array(1), Class: Date },
  globals: { Error },
  wasmBindings: { ADD: "add.wasm" },
  textBlobBindings: { TEXT: "a.txt" },
  dataBlobBindings: { DATA: "a.bin" },
  durableObjects: { COUNTER: "Counter", OTHER: object },
  durableObjectsAlarms: false,
  durableObjectsPersist: "redis://localhost:6379",
  kvPersist: true,
  cachePersist: "./cache",
  d1Databases: ["DB"],
  d1Persist: "./d1",
  durability: "sync",
  inspectorPort: 9229,
  inspectorHost: "localhost",
  inspectorBreak: true,
  simulate: { seed: 1, record: "run.jsonl" },
  cpuLimitMs: 50,
  upstream: "https://example.com",
  fetchCa: ["-----BEGIN CERTIFICATE-----"],
  fetchCaPath: "ca.pem",
  fetchTimeoutMs: 1000,
  subrequestLimit: -1,
  internalSubrequestLimit: 0,
  usageModel: "unbound",
  actualTime: true,
  globalAsyncIO: true,
  globalTimers: true,
  globalRandom: true,
  heapLimitMb: 256,
  log: new NoOpLog(),
  logUnhandledRejections: true,
  trackPending: true,
  sourceMap: true,
  compatibilityDate: "2022-10-31",
  compatibilityFlags: ["export_commonjs_default"],
  name: "api",
};

export async function lifecycle(): Promise<void> {
  const mf = new Miniflare(options);
  const target: EventTarget = mf;
  const log: Log = mf.log;
  const listener = (event: ReloadEvent) => {
    const initial: boolean = event.initial;
    const plugins: Record<string, unknown> = event.plugins;
    const kind: string = event.type;
    log.debug(`${kind} ${initial} ${Object.keys(plugins).length} ${target === mf}`);
  };
  mf.addEventListener("reload", listener);
  mf.addEventListener("reload", { handleEvent: listener }, { once: true });
  mf.removeEventListener("reload", listener);
  mf.dispatchEvent(new ReloadEvent({ plugins: {}, initial: false }));
  await mf.setOptions({ bindings: undefined, cpuLimitMs: 100 });
  await mf.reload();
  return mf.dispose();
}

export async function requests(mf: Miniflare): Promise<void> {
  const inputs: RequestInfo[] = ["http://localhost/", new URL("http://localhost/"), new Request("http://localhost/")];
  const init: RequestInit = { method: "POST", headers: { key: "value" }, body: "body", cf: { country: "NL" } };
  for (const input of inputs) await mf.dispatchFetch(input, init);
  await mf.dispatchFetch(new globalThis.Request("http://localhost/"));
  const bodies = [new Uint8Array(1), new ArrayBuffer(1), new FormData(), new URLSearchParams(), new Blob([]), null];
  for (const body of bodies) await mf.dispatchFetch("http://localhost/", { method: "PUT", body });

  const response: Response = await mf.dispatchFetch("http://localhost/");
  const nodes: globalThis.Response = response;
  const status: number = response.status;
  const header: string | null = response.headers.get("content-type");
  const clone: Response = response.clone();
  const text: string = await response.text();
  const { count } = await clone.json<{ count: number }>();
  const exact: number = count;
  const [first] = await response.waitUntil<[string]>();
  const waited: unknown[] = await response.waitUntil();
  const socket: object | null = response.webSocket;
  console.log(nodes, status, header, text, exact, first.length, waited, socket);
}

export async function ownClasses(): Promise<void> {
  const init: ResponseInit = { status: 201, headers: [["a", "b"]], encodeBody: "manual" };
  const response = new Response("body", init);
  const encode: "automatic" | "manual" = response.encodeBody;
  const made: Response[] = [Response.json({ a: 1 }, { status: 202 }), Response.redirect("http://localhost/", 301)];
  const request = new Request(new Request("http://localhost/"), { cf: { colo: "AMS" } });
  const cf: Record<string, unknown> | undefined = request.clone().cf;
  const { a } = await request.json<{ a: string }>();
  console.log(encode, made.length, cf?.colo, a.length, new Response(null).ok);
}

export async function scheduled(mf: Miniflare): Promise<void> {
  const results: unknown[] = await mf.dispatchScheduled();
  const [time, cron] = await mf.dispatchScheduled<[number, string]>(Date.now(), "* * * * *");
  console.log(results, time.toFixed(), cron.length);
}

export async function workers(): Promise<void> {
  const api: MountOptions = { modules: true, script: "", name: "api", routes: ["example.com/*"] };
  const service: ServiceBinding = { service: "api", environment: "production" };
  const mf = new Miniflare({
    name: "main",
    routes: ["*/*"],
    mounts: { api, folder: "./folder" },
    serviceBindings: {
      API: service,
      SELF: "main",
      NODE: async (request) => new Response(request.url),
      NATIVE: (request) => new globalThis.Response(request.body),
    },
  });
  const mount: Miniflare | undefined = await mf.getMount("api");
  await mount?.setOptions({ script: "" }, false);
  await mf.dispatchScheduled(0, "", new URL("http://localhost/"));
  const scheduler: CronScheduler = await mf.startScheduler();
  (await mf.getOpenURL())?.startsWith("http");
  (await mf.getInspectorURL()).href.startsWith("ws:");
  const { cpuMs, kv }: Usage = await mf.usage(() => mf.dispatchScheduled());
  kv.ITEMS?.reads.toFixed(cpuMs);
  const profile: CpuProfile = await mf.profile(() => {}, { samplingInterval: 100 });
  const heapProfile: HeapProfile = await mf.heapProfile(() => {}, { samplingInterval: 1024 });
  profile.nodes[0]?.callFrame.functionName.trim();
  heapProfile.head.children[0]?.callFrame.functionName.trim();
  (await mf.heapSnapshot("worker.heapsnapshot")).trim();
  await mf.startREPL();
  await scheduler.dispose();
}

export async function scope(mf: Miniflare): Promise<void> {
  const bindings = await mf.getBindings<{ KEY: string; notify(url: string): number }>();
  bindings.KEY = "changed";
  const length: number = bindings.notify("http://localhost/");
  const loose = await mf.getBindings();
  loose.anything = () => length;
  const global = await mf.getGlobalScope();
  global.fetch = async () => new Response("own");
  const { add } = await mf.getModuleExports<{ add(a: number, b: number): number }>();
  const sum: number = add(1, 2);
  const { default: handlers } = await mf.getModuleExports();
  console.log(sum, handlers.fetch);
}

export async function durableObjects(mf: Miniflare): Promise<void> {
  const namespace: DurableObjectNamespace = await mf.getDurableObjectNamespace("COUNTER");
  const jurisdiction: DurableObjectJurisdiction = "eu";
  const ids: DurableObjectId[] = [
    namespace.newUniqueId(),
    namespace.newUniqueId({ jurisdiction }),
    namespace.idFromName("name"),
    namespace.idFromString("0".repeat(64)),
  ];
  const stub: DurableObjectStub = namespace.jurisdiction("fedramp").get(ids[0]);
  const same: boolean = stub.id.equals(ids[0]);
  const names: (string | undefined)[] = [stub.name, stub.id.name, ids[0].toString()];
  const response: Response = await stub.fetch("http://localhost/", { method: "POST", body: "1" });
  console.log(same, names, await response.text());
}

export async function outside(mf: Miniflare): Promise<void> {
  const [id]: DurableObjectId[] = await mf.getDurableObjectIds("COUNTER");
  const count: number = await mf.runWithDurableObject(id, async (instance, state: DurableObjectState) => {
    await state.blockConcurrencyWhile(() => state.storage.sync());
    return (await instance.add(1)) as number;
  });
  const lived: boolean = await mf.evictDurableObject(id);
  await mf.simulate(2);
  const restore: () => Promise<void> = await mf.snapshotStorage();
  await restore();
  console.log(count, lived);
}

export async function hibernation(mf: Miniflare, stub: DurableObjectStub, pair: WebSocketRequestResponsePair): Promise<void> {
  await mf.runWithDurableObject(stub.id, (_, state: DurableObjectState) => {
    for (const socket of state.getWebSockets("tag")) {
      const tags: string[] = state.getTags(socket);
      socket.serializeAttachment({ tags });
      const attached: { tags: string[] } | null = socket.deserializeAttachment<{ tags: string[] }>();
      const answered: Date | null = state.getWebSocketAutoResponseTimestamp(socket);
      state.acceptWebSocket(socket, tags);
      console.log(attached, answered);
    }
    state.setWebSocketAutoResponse(pair);
    const set: WebSocketRequestResponsePair | null = state.getWebSocketAutoResponse();
    state.setHibernatableWebSocketEventTimeout(1_000);
    const timeout: number | null = state.getHibernatableWebSocketEventTimeout();
    console.log(set?.request, set?.response, timeout);
    state.abort(new Error("given up"));
  });
  await mf.evictDurableObject(stub, { webSockets: "close" });
}

export async function addresses(namespace: DurableObjectNamespace): Promise<void> {
  const stub: DurableObjectStub = namespace.jurisdiction("us").getByName("a", { locationHint: "weur" });
  const jurisdiction: DurableObjectJurisdiction | undefined = stub.id.jurisdiction;
  namespace.get(stub.id, { routingMode: "primary-only" });
  console.log(jurisdiction, namespace.jurisdiction(null));
}

export async function helpers(mf: Miniflare, namespace: DurableObjectNamespace): Promise<void> {
  const stub: DurableObjectStub = namespace.getByName("a");
  const count: number = await mf.runInDurableObject(stub, async (instance, state: DurableObjectState) => {
    state.abort(undefined, { retryAlarm: false });
    return (await instance.add(1)) as number;
  });
  const ran: boolean = await mf.runDurableObjectAlarm(stub);
  const ids: DurableObjectId[] = await mf.listDurableObjectIds(namespace);
  await mf.evictAllDurableObjects({ webSockets: "hibernate" });
  await mf.abortAllDurableObjects();
  await mf.reset();
  const context: ExecutionContext = mf.createExecutionContext();
  await mf.waitOnExecutionContext(context);
  const controller: ScheduledController = mf.createScheduledController({ scheduledTime: new Date(), cron: "* * * * *" });
  const batch: MessageBatch<string> = mf.createMessageBatch("queue", [{ body: "text" }]);
  const { outcome }: QueueResult = await mf.getQueueResult(batch, context);
  console.log(count, ran, ids, controller.scheduledTime, outcome);
}

export async function alarms(mf: Miniflare, id: DurableObjectId): Promise<void> {
  const inside: DurableObjectStorage = await mf.getDurableObjectStorage(id);
  await inside.setAlarm(new Date(), { allowUnconfirmed: true });
  await inside.transaction((transaction) => transaction.setAlarm(Date.now()));
  const time: number | null = await inside.getAlarm();
  await mf.clock.set(new Date(mf.clock.now()));
  await mf.clock.set(0);
  await mf.clock.advance(60_000);
  await mf.clock.release();
  const count: number = await mf.flushDurableObjectAlarms();
  await mf.flushDurableObjectAlarms([id], { onlyDue: true });
  await inside.deleteAlarm();
  console.log(time, count);
}

export async function storage(mf: Miniflare, id: DurableObjectId): Promise<void> {
  const inside: DurableObjectStorage = await mf.getDurableObjectStorage(id);
  const concurrent: DurableObjectStorageOptions = { allowConcurrency: true, allowUnconfirmed: true, noCache: true };
  await inside.put("key", new Map([[1, new Date()]]), concurrent);
  await inside.put({ a: 1, b: 2 }, concurrent);
  const one: number | undefined = await inside.get<number>("a");
  const many: Map<string, number> = await inside.get<number>(["a", "b"], concurrent);
  const range: DurableObjectListOptions = { start: "a", end: "c", prefix: "", reverse: true, limit: 2 };
  const listed: Map<string, unknown> = await inside.list(range);
  const after: Map<string, number> = await inside.list<number>({ startAfter: "a" });
  const existed: boolean = await inside.delete("a");
  const count: number = await inside.delete(["a", "b"], concurrent);
  const moved: string = await inside.transaction(async (transaction: DurableObjectTransaction) => {
    await transaction.put("moved", await transaction.get("key"));
    transaction.rollback();
    return "moved";
  });
  await inside.deleteAll();
  await inside.sync();
  console.log(one, many, listed, after, existed, count, moved);
}

export function logs(): void {
  const format: LogOptions = { prefix: "own", suffix: "api" };
  class Recorder extends Log {
    readonly lines: string[] = [];
    override log(message: string): void {
      this.lines.push(message);
    }
  }
  const log = new Recorder(LogLevel.VERBOSE, format);
  log.level = LogLevel.NONE;
  log.logWithLevel(LogLevel.ERROR, LogLevel[LogLevel.ERROR]);
  for (const say of [log.warn, log.info, log.debug, log.verbose]) say.call(log, "said");
  log.error(new Error("said"));
  const levels: LogLevel[] = [LogLevel.ERROR, LogLevel.WARN, LogLevel.INFO, LogLevel.DEBUG];
  new Miniflare({ log: new Log() });
  console.log(levels, log.lines);
}
