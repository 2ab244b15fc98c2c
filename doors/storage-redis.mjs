// `miniflare-rs/storage-redis` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/storage-redis.js";

export const { RedisStorage } = door;
export default door;
