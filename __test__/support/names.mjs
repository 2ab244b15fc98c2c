// The packages beside `miniflare` that Miniflare 2 has: here sub-paths of this package, for the oracle its own packages.

import { createRequire } from "node:module";
import path from "node:path";
import { isOracle } from "./miniflare.mjs";

const require = isOracle ? createRequire(path.resolve(process.env.MINIFLARE_IMPL)) : undefined;

async function packaged(name) {
  return isOracle ? require(`@miniflare/${name}`) : import(`miniflare-rs/${name}`);
}

export const { MemoryStorage } = await packaged("storage-memory");
export const { FileStorage } = await packaged("storage-file");
export const { KVNamespace, KVPlugin } = await packaged("kv");
export const { R2Bucket, R2Plugin } = await packaged("r2");
export const { D1Database, D1DatabaseAPI, D1Plugin, D1PreparedStatement } = await packaged("d1");
export const { QueueBroker, QueuesPlugin, ...queueDefaults } = await packaged("queues");
export const { SitesPlugin } = await packaged("sites");
export const {
  convertNodeRequest,
  createRequestListener,
  createServer,
  DEFAULT_PORT,
  getAccessibleHosts,
  HTTPPlugin,
  startServer,
} = await packaged("http-server");
export const { Cache, CacheError, CacheStorage } = await packaged("cache");
export const {
  DurableObjectError,
  DurableObjectId,
  DurableObjectNamespace,
  DurableObjectsPlugin,
  DurableObjectState,
  DurableObjectStorage,
} = await packaged("durable-objects");
export const { HTMLRewriter, HTMLRewriterPlugin, withEnableEsiTags } = await packaged("html-rewriter");
export const {
  CorePlugin,
  FetchEvent,
  FormData,
  fetch,
  Headers,
  kWaitUntil,
  MiniflareCore,
  Request,
  Response,
  ScheduledEvent,
} = await packaged("core");
export const { createSQLiteDB, Log, LogLevel, NoOpLog } = await packaged("shared");

/** What `MiniflareCore` is constructed with in Miniflare 2, and here as well. */
export function coreContext(log) {
  const storageFactory = { storage: () => new MemoryStorage() };
  if (!isOracle) return { log, storageFactory };
  const { VMScriptRunner } = require("@miniflare/runner-vm");
  const { QueueBroker } = require("@miniflare/queues");
  return { log, storageFactory, scriptRunner: new VMScriptRunner(), queueBroker: new QueueBroker() };
}

/** A clock that a test sets: `{ time, clock }`, in milliseconds. */
export function testClock(time) {
  const state = { time, clock: () => state.time };
  return state;
}
