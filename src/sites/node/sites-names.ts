// `miniflare-rs/sites`: what suites import to construct a `MiniflareCore`.

export { SitesPlugin } from "../../node/names/plugin-classes.ts";
