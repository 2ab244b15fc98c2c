// `miniflare-rs/cloudflare-sockets` as an ES module. The names are written out, so that each is an export to Node, bundlers and
// test runners.
import door from "../lib/node/cloudflare-sockets.js";

export const { connect } = door;
export default door;
