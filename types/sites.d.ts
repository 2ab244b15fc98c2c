// `miniflare-rs/sites`, which replaces `@miniflare/sites`.

/** A name for `MiniflareCore`. It cannot be constructed. */
export class SitesPlugin {
  private constructor();
}
