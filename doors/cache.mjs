// `miniflare-rs/cache` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/cache.js";

export const { Cache, CacheError, CachePlugin, CacheStorage, NoOpCache } = door;
export default door;
