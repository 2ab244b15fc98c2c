// The site of this worker: bindings and a module that `@cloudflare/kv-asset-handler` looks for.

import { op_site_get, op_site_list } from "ext:core/ops";
import { later } from "ext:miniflare/realm/waits.ts";
import { advance, countInternalSubrequest, depart } from "ext:miniflare/realm/context.ts";
import { load } from "ext:miniflare/realm/lazy.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { appearAs } from "ext:miniflare/web/interface.ts";
import { streamFromSource } from "ext:miniflare/web/wire-body.ts";
import type { KVBackend } from "../kv/kv-namespace.ts";
import type { Site } from "./site-namespace.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/sites/site-namespace.ts": typeof import("./site-namespace.ts");
  }
}

const CONTENT = "__STATIC_CONTENT";
const MANIFEST = "__STATIC_CONTENT_MANIFEST";

const backend: Omit<KVBackend, "put" | "delete" | "valueLimit"> = {
  // Reads are possible outside of requests.
  begin: countInternalSubrequest,
  depart,
  advance,
  get: op_site_get,
  list: op_site_list,
  later,
  streamFromSource,
};

function namespaceOf(site: Site) {
  const { KVNamespace } = load("ext:miniflare/kv/kv-namespace.ts");
  const SiteNamespace = load("ext:miniflare/sites/site-namespace.ts").createClass(KVNamespace);
  appearAs("KvNamespace", SiteNamespace);
  refuseClones([SiteNamespace]);
  return new SiteNamespace(backend as KVBackend, site);
}

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
          [CONTENT, namespaceOf(site)],
          [MANIFEST, site.manifest],
        ],
  modules: ({ site }: Settings): [string, string][] => (site === null ? [] : [[MANIFEST, site.manifest]]),
  lookedFor: [CONTENT, MANIFEST],
};
