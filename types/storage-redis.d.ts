// `miniflare-rs/storage-redis`, in the place of `@miniflare/storage-redis`.

import type { Clock, Storage } from "./storage";

export type * from "./storage";

/** What is asked of a client of ioredis: where it is connected to. The client itself is not used. */
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

/** Entries on a Redis server: those of the KV namespace of this name, of instances with the same URL as `kvPersist`. */
export type RedisStorage = Storage;
export const RedisStorage: {
  prototype: RedisStorage;
  /**
   * @param redis a URL, `redis://` or `rediss://`, or a client of ioredis
   * @param namespace tells storages of one server apart
   * @param clock says which entries have expired; default: `Date.now`
   */
  new (redis: string | URL | RedisClient, namespace: string, clock?: Clock): RedisStorage;
};
