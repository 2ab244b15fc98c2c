// `miniflare-rs/storage-redis`: entries on a Redis server. Those of a namespace are the ones that instances which keep their
// data on the same server have in their KV namespace of that name.

import { describe } from "../errors.ts";
import { redisPlace } from "../options/place.ts";
import { Storage } from "./named-storage.ts";
import type { RedisClient } from "../../../types/storage-redis.d.ts";
import type { Clock } from "../../../types/storage.d.ts";

class RedisStorage extends Storage {
  /**
   * @param redis a URL, or a client of ioredis, of which only the address is used
   * @param namespace what tells storages of one server apart
   */
  constructor(redis: unknown, namespace: unknown, clock: Clock | undefined = undefined) {
    if (typeof namespace !== "string") {
      throw new TypeError(`new RedisStorage() takes a namespace, a string, got ${describe(namespace)}`);
    }
    super(redisPlace(urlOf(redis)), namespace, clock);
  }
}

function urlOf(redis: unknown) {
  const url = redis instanceof URL ? redis.href : (addressOf(redis) ?? redis);
  if (typeof url === "string" && /^rediss?:\/\//i.test(url)) return url;
  throw new TypeError(
    `new RedisStorage() takes a URL like redis://localhost:6379, or a client of ioredis, got ${describe(redis)}`,
  );
}

/** The URL of what a client of ioredis is connected to. */
function addressOf(redis: unknown) {
  const { options }: Partial<RedisClient> = typeof redis === "object" && redis !== null ? redis : {};
  if (typeof options?.host !== "string" || typeof options.port !== "number") return undefined;
  const url = new URL(`${options.tls ? "rediss" : "redis"}://localhost`);
  url.hostname = options.host.includes(":") ? `[${options.host}]` : options.host;
  url.port = String(options.port);
  url.username = encodeURIComponent(options.username ?? "");
  url.password = encodeURIComponent(options.password ?? "");
  url.pathname = `/${options.db ?? 0}`;
  return url.href;
}

export { RedisStorage };
