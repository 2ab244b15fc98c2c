// The Cache API in a worker: a global, over the caches of the worker's instance.

import { configure, getCaches } from "ext:miniflare/cache/caches.ts";

export const room = {
  name: "cache",
  empty: { cache: { enabled: true, warnUsage: false } },
  bind({ cache }) {
    configure(cache);
    return [];
  },
  getters: { caches: getCaches },
};
