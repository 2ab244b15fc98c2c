// KV namespaces and caches, used as a suite in ES modules uses them. Compiled by `npm run types`, never run.

import {
  type Cache,
  type CacheQueryOptions,
  type CacheStorage,
  type KVGetOptions,
  type KVListKey,
  type KVListOptions,
  type KVListResult,
  type KVNamespace,
  type KVPutOptions,
  type KVType,
  type KVValues,
  Miniflare,
  Request,
  Response,
} from "miniflare-rs";

const mf = new Miniflare({ kvNamespaces: ["KV"], cache: true, cacheWarnUsage: false });

export async function values(): Promise<void> {
  const kv: KVNamespace = await mf.getKVNamespace("KV");
  const text: string | null = await kv.get("key");
  const same: string | null = await kv.get("key", { type: "text", cacheTtl: 60 });
  const json: { a: number } | null = await kv.get<{ a: number }>("key", "json");
  const bytes: ArrayBuffer | null = await kv.get("key", "arrayBuffer");
  const options: KVGetOptions<"stream"> = { type: "stream" };
  const stream: ReadableStream<Uint8Array> | null = await kv.get("key", options);
  const type = "text" as KVType;
  const any: KVValues[KVType] | null = await kv.get("key", type);
  const { value, metadata } = await kv.getWithMetadata<{ by: string }>("key");
  const found: [string | null, string | undefined] = [value, metadata?.by];
  const buffer: ArrayBuffer | null = (await kv.getWithMetadata("key", "arrayBuffer")).value;
  console.log(text, same, json, bytes, stream, any, found, buffer);
}

export async function entries(kv: KVNamespace): Promise<void> {
  const options: KVPutOptions = { expirationTtl: 60, expiration: "2000000000", metadata: { by: "test" } };
  await kv.put("key", "value", options);
  await kv.put("key", new Uint8Array(1));
  await kv.put("key", new ArrayBuffer(1));
  await kv.put("key", new ReadableStream<Uint8Array>());
  await kv.delete("key");
  const query: KVListOptions = { prefix: "k", limit: 10, cursor: "" };
  const page: KVListResult<{ by: string }> = await kv.list<{ by: string }>(query);
  const key: KVListKey<{ by: string }> | undefined = page.keys[0];
  console.log(page.cursor, page.list_complete, key?.name, key?.expiration, key?.metadata?.by);
}

export async function responses(): Promise<void> {
  const caches: CacheStorage = await mf.getCaches();
  const cache: Cache = await caches.open("name");
  const options: CacheQueryOptions = { ignoreMethod: true };
  await cache.put(new URL("http://localhost/"), new Response(""));
  await caches.default.put(new Request("http://localhost/"), new globalThis.Response(""));
  const response: Response | undefined = await cache.match("http://localhost/", options);
  const deleted: boolean = await cache.delete("http://localhost/");
  console.log(response?.status, deleted);
}
