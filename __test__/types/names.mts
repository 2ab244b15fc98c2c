// The sub-paths that stand in the place of Miniflare 2's packages, used as suites use them. Compiled by `npm run types`,
// never run.

import type { IncomingMessage } from "node:http";
import { Cache, CachePlugin, CacheStorage } from "miniflare-rs/cache";
import {
  BindingsPlugin,
  BuildPlugin,
  CorePlugin,
  createFetchMock,
  FetchEvent,
  fetch,
  FormData,
  Headers,
  kWaitUntil,
  MiniflareCore,
  Request,
  Response,
  ScheduledEvent,
} from "miniflare-rs/core";
import { D1Database, D1DatabaseAPI, D1Plugin, type D1PreparedStatement, type SQLiteDatabase } from "miniflare-rs/d1";
import {
  DurableObjectId,
  DurableObjectNamespace,
  DurableObjectState,
  DurableObjectsPlugin,
  DurableObjectStorage,
} from "miniflare-rs/durable-objects";
import {
  type ContentOptions,
  type Element,
  type ElementHandlers,
  HTMLRewriter,
  HTMLRewriterPlugin,
  withEnableEsiTags,
} from "miniflare-rs/html-rewriter";
import {
  convertNodeRequest,
  createRequestListener,
  createServer,
  DEFAULT_PORT,
  getAccessibleHosts,
  HTTPPlugin,
  startServer,
} from "miniflare-rs/http-server";
import { KVNamespace, KVPlugin } from "miniflare-rs/kv";
import { DEFAULT_RETRIES, QueueBroker, QueueError, QueuesPlugin } from "miniflare-rs/queues";
import {
  type Awaitable,
  type Context,
  createSQLiteDB,
  Log,
  LogLevel,
  NoOpLog,
  type StorageFactory,
  type WranglerConfig,
} from "miniflare-rs/shared";
import { SitesPlugin } from "miniflare-rs/sites";
import { FileStorage } from "miniflare-rs/storage-file";
import { MemoryStorage, type StoredValueMeta } from "miniflare-rs/storage-memory";
import { RedisStorage } from "miniflare-rs/storage-redis";

export async function storages(): Promise<void> {
  const map = new Map<string, StoredValueMeta>();
  const memory = new MemoryStorage(map, () => 0);
  const others = [new FileStorage("data", true, () => 0), new RedisStorage("redis://localhost:6379", "KV")];
  new RedisStorage({ options: { host: "localhost", port: 6379 } }, "KV");
  for (const storage of [memory, ...others]) {
    await storage.put("key", { value: new Uint8Array(), expiration: 60, metadata: { a: 1 } });
    const entry = await storage.get<{ a: number }>("key");
    const found: [Uint8Array | undefined, number | undefined] = [entry?.value, entry?.metadata?.a];
    const range: { offset: number; length: number } | undefined = (await storage.getRange("key", { suffix: 1 }))?.range;
    const { keys, cursor, delimitedPrefixes } = await storage.list({ prefix: "k", limit: 1, delimiter: "/" });
    const counts: [number, number, boolean] = [
      await storage.hasMany(["key"]),
      await storage.deleteMany(["key"]),
      await storage.delete("key"),
    ];
    console.log(found, range, keys[0]?.name, cursor, delimitedPrefixes, counts);
  }
  // @ts-expect-error: a value is bytes
  await memory.put("key", { value: "text" });
}

export async function databases(): Promise<void> {
  const sqlite: SQLiteDatabase = (await createSQLiteDB(":memory:")).exec("CREATE TABLE t (a)");
  const db: D1Database = new D1Database(new D1DatabaseAPI(sqlite));
  const statement: D1PreparedStatement = db.prepare("SELECT a FROM t").bind(1);
  const rows: { a: number }[] = (await statement.all<{ a: number }>()).results;
  const other = new D1DatabaseAPI({ name: "data.db", memory: false });
  console.log(rows, new D1Database(other), sqlite.close().open);
  // @ts-expect-error: an API is over a database
  new D1DatabaseAPI(7);
}

export async function servers(mf: MiniflareCore, req: IncomingMessage): Promise<void> {
  const port: number = DEFAULT_PORT;
  const hosts: string[] = getAccessibleHosts(true);
  const { request, url } = await convertNodeRequest(req, { realIp: "1.2.3.4", cf: { country: "GB" } });
  const method: string = request.method;
  const servers = [await createServer(mf), await startServer(mf, { keepAliveTimeout: 1 })];
  createRequestListener(mf);
  const core = new MiniflareCore({ HTTPPlugin, QueuesPlugin, SitesPlugin, D1Plugin }, { queueBroker: new QueueBroker() });
  console.log(port, hosts, method, url.href, servers, core, DEFAULT_RETRIES, QueueError);
}

export async function rooms(): Promise<void> {
  const storage = new MemoryStorage();
  const kv = new KVNamespace(storage, { clock: () => 0, blockGlobalAsyncIO: false });
  const text: string | null = await kv.get("key");
  const cache = new Cache(storage, { clock: () => 0 });
  const hit: Response | undefined = await cache.match("http://localhost/");
  const factory: StorageFactory = { storage: (_namespace, _persist) => storage };
  const caches = new CacheStorage({ cache: true, cachePersist: "data" }, new NoOpLog(), factory, {});
  await caches.default.put("http://localhost/", new Response());
  console.log(text, hit, KVPlugin, CachePlugin);
}

export async function objects(): Promise<void> {
  const id = new DurableObjectId("OBJECT", "0".repeat(64), "name");
  const storage = new DurableObjectStorage(new MemoryStorage());
  const state = new DurableObjectState(id, storage);
  await state.storage.put("key", 1);
  const value: number | undefined = await state.storage.get<number>("key");
  class Counter {
    constructor(readonly given: DurableObjectState) {}
    fetch(request: Request): Response {
      return new Response(request.url + this.given.id);
    }
  }
  const namespace = new DurableObjectNamespace("OBJECT", async () => new Counter(state));
  const response: Response = await namespace.get(namespace.idFromName("a")).fetch("http://localhost/");
  console.log(value, response, DurableObjectsPlugin);
}

export async function core(): Promise<void> {
  const plugins = { CorePlugin, BindingsPlugin, BuildPlugin };
  class Own extends MiniflareCore<typeof plugins> {}
  const mf: MiniflareCore<typeof plugins> = new Own(plugins, { log: new Log(LogLevel.NONE) }, { script: "" });
  const response = await mf.dispatchFetch(new Request("http://localhost/", { headers: new Headers() }));
  const fetched: Response = await fetch("http://localhost/", { method: "POST", body: new FormData() });
  const cookies: string[] = new Headers().getAll("Set-Cookie");
  const { statusCode, body } = await createFetchMock().request({
    origin: "https://example.com",
    path: "/",
    method: "GET",
  });
  console.log(response, fetched, cookies, statusCode, await body.json());
  // @ts-expect-error: a plugin is only a name
  new CorePlugin();
}

export const shared: [Awaitable<number>, Context, WranglerConfig] = [1, { a: 1 }, { name: "worker" }];
export async function handlers(): Promise<void> {
  const fetched = new FetchEvent("fetch", { request: new Request("http://localhost/") });
  fetched.respondWith(new Response(fetched.request.url));
  const scheduled = new ScheduledEvent("scheduled", { scheduledTime: 0, cron: "* * * * *" });
  scheduled.waitUntil(Promise.resolve(scheduled.cron));
  const waited: unknown[] = await Promise.all([...fetched[kWaitUntil], ...scheduled[kWaitUntil]]);
  console.log(waited);
}

class Links implements ElementHandlers {
  async element(element: Element): Promise<void> {
    const href: string | null = element.getAttribute("href");
    const options: ContentOptions = { html: true };
    element.setAttribute("href", href ?? "").append("text", options).before(new Response("text")).tagName = "b";
    for (const [name, value] of element.attributes) console.log(name.length, value.length);
    element.onEndTag((tag) => void tag.after(tag.name));
    // @ts-expect-error: the namespace cannot be changed
    element.namespaceURI = "";
  }
}

export async function rewritten(): Promise<string> {
  const rewriter: HTMLRewriter = new HTMLRewriter().on("a", new Links()).onDocument({
    comments: (comment) => void comment.replace(comment.text),
    doctype: ({ publicId }) => console.log(publicId?.length),
    end: (end) => void end.append("text"),
    text: ({ text, lastInTextNode }) => console.log(text.length, lastInTextNode),
  });
  // @ts-expect-error: comments take no streams
  rewriter.onDocument({ comments: (comment) => void comment.before(new ReadableStream()) });
  console.log(HTMLRewriterPlugin.name);
  return withEnableEsiTags(rewriter).transform(new Response("text")).text();
}
