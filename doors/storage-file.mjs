// `miniflare-rs/storage-file` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/storage-file.js";

export const { FileStorage } = door;
export default door;
