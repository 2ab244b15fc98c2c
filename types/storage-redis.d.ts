// `miniflare-rs/storage-redis`, which replaces `@miniflare/storage-redis`.

import type { Clock, Storage } from "./storage";

export type * from "./storage";

/** The part of an ioredis client that is used: the address of its server. The client itself is not used. */
export interface RedisClient {
  readonly options: {
    host?: string;
    port?: number;
    username?: string | null;
    password?: string | null;
    db?: number;
    tls?: object;
  };
}

/**
 * Entries on a Redis server: those of the KV namespace of this name, in instances whose `kvPersist` is the same URL.
 */
export type RedisStorage = Storage;
export const RedisStorage: {
  prototype: RedisStorage;
  /**
   * @param redis a URL, `redis://` or `rediss://`, or a client of ioredis
   * @param namespace distinguishes storages on one server
   * @param clock determines which entries have expired; default: `Date.now`
   */
  new (redis: string | URL | RedisClient, namespace: string, clock?: Clock): RedisStorage;
};
