// `miniflare-rs/sites` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/sites.js";

export const { SitesPlugin } = door;
export default door;
