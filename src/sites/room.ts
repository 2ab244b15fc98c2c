// The site of this worker: bindings and a module that `@cloudflare/kv-asset-handler` looks for.

import { load } from "ext:miniflare/realm/lazy.ts";
import type { Site } from "./site-namespace.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/sites/bundle.ts": typeof import("./bundle.ts");
  }
}

const CONTENT = "__STATIC_CONTENT";
const MANIFEST = "__STATIC_CONTENT_MANIFEST";

interface Settings {
  site: Site | null;
}

export const room = {
  name: "sites",
  empty: { site: null },
  /** `site` is null, or `{ root, manifest, include, exclude }`: a folder, JSON, and globs (see `site-namespace.ts`). */
  bind: ({ site }: Settings): [string, unknown][] =>
    site === null
      ? []
      : [
          [CONTENT, load("ext:miniflare/sites/bundle.ts").namespaceOf(site)],
          [MANIFEST, site.manifest],
        ],
  modules: ({ site }: Settings): [string, string][] => (site === null ? [] : [[MANIFEST, site.manifest]]),
  lookedFor: [CONTENT, MANIFEST],
};
