// `miniflare-rs/storage-memory` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/storage-memory.js";

export const { MemoryStorage } = door;
export default door;
