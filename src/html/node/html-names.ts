// `miniflare-rs/html-rewriter`: HTML rewriters without an instance.

import { enableEsi, HTMLRewriter } from "./html-backend.ts";
import { HTMLRewriterPlugin } from "../../node/names/plugin-classes.ts";

/** Has a rewriter take `esi:include` for an element without content. */
function withEnableEsiTags(rewriter: InstanceType<typeof HTMLRewriter>) {
  return enableEsi(rewriter);
}

export { HTMLRewriter, HTMLRewriterPlugin, withEnableEsiTags };
