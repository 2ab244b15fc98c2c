// `miniflare-rs/kv` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/kv.js";

export const { KVNamespace, KVPlugin } = door;
export default door;
