// `miniflare-rs/r2` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/r2.js";

export const { R2Bucket, R2Plugin } = door;
export default door;
