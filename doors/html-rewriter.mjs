// `miniflare-rs/html-rewriter` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/html-rewriter.js";

export const { HTMLRewriter, HTMLRewriterPlugin, withEnableEsiTags } = door;
export default door;
