// The Cache API in a worker: a global, over the caches of the worker's instance.

import { configure, getCaches } from "ext:miniflare/cache/caches.ts";
import type { CacheSettings } from "./cache.ts";

export const room = {
  name: "cache",
  empty: { cache: { enabled: true, warnUsage: false } },
  bind({ cache }: { cache: CacheSettings }) {
    configure(cache);
    return [];
  },
  getters: { caches: getCaches },
};
