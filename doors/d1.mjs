// `miniflare-rs/d1` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/d1.js";

export const { D1Database, D1DatabaseAPI, D1Plugin, D1PreparedStatement } = door;
export default door;
