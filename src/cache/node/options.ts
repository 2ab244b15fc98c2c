// The options of caches.

import { boolean } from "../../node/options/check.ts";
import { place } from "../../node/options/place.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { OptionRows } from "../../node/options/table.ts";
import type { CacheSettings } from "../cache.ts";

const options = {
  cache: {
    check: boolean,
    flag: "--(no-)cache",
    help: "Enable default/named caches (enabled by default)",
    wrangler: "miniflare.cache",
  },
  cachePersist: {
    check: place,
    keeps: "cache",
    folder: ".mf/cache",
    label: "Cache Persistence",
    flag: "--cache-persist",
    help: "Persist cached data (to optional path)",
    wrangler: "miniflare.cache_persist",
  },
  cacheWarnUsage: { check: boolean, wrangler: "workers_dev" },
} satisfies OptionRows;

/** What caches are made with. */
const cacheSettings = ({ cache, cacheWarnUsage }: MiniflareOptions): CacheSettings => ({
  enabled: cache !== false,
  warnUsage: cacheWarnUsage === true,
});

/** What a factory of storages learns about the place of caches. */
const cachePlace = ({ cachePersist }: MiniflareOptions) => cachePersist;

export const plugin = "CachePlugin";
export const settings = (options: MiniflareOptions) => ({ cache: cacheSettings(options) });
export { options, cachePlace, cacheSettings };
