// The site of this worker: bindings and a module that `@cloudflare/kv-asset-handler` looks for.

import { op_later, op_site_get, op_site_list } from "ext:core/ops";
import { advance, countInternalSubrequest, depart } from "ext:miniflare/realm/context.js";
import { load } from "ext:miniflare/realm/lazy.js";
import { refuseClones } from "ext:miniflare/web/clone.js";
import { appearAs } from "ext:miniflare/web/interface.js";
import { streamFromSource } from "ext:miniflare/web/wire-body.js";

const CONTENT = "__STATIC_CONTENT";
const MANIFEST = "__STATIC_CONTENT_MANIFEST";

const backend = {
  // Reads are possible outside of requests.
  begin: countInternalSubrequest,
  depart,
  advance,
  get: op_site_get,
  list: op_site_list,
  later: op_later,
  streamFromSource,
};

function namespaceOf(site) {
  const { KVNamespace } = load("ext:miniflare/kv/kv-namespace.js");
  const SiteNamespace = load("ext:miniflare/sites/site-namespace.js").createClass(KVNamespace);
  appearAs("KvNamespace", SiteNamespace);
  refuseClones([SiteNamespace]);
  return new SiteNamespace(backend, site);
}

export const room = {
  name: "sites",
  empty: { site: null },
  /** `site` is null, or `{ root, manifest, include, exclude }`: a folder, JSON, and globs (see `site-namespace.js`). */
  bind: ({ site }) =>
    site === null
      ? []
      : [
          [CONTENT, namespaceOf(site)],
          [MANIFEST, site.manifest],
        ],
  modules: ({ site }) => (site === null ? [] : [[MANIFEST, site.manifest]]),
  lookedFor: [CONTENT, MANIFEST],
};
