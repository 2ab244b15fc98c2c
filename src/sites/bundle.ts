// The namespace of a site over the ops of an instance: a lazy script.

import { op_site_get, op_site_list } from "ext:core/ops";
import { later } from "ext:miniflare/realm/waits.ts";
import { advance, countInternalSubrequest, depart } from "ext:miniflare/realm/context.ts";
import { KVNamespace } from "ext:miniflare/kv/kv-namespace.ts";
import { createClass } from "ext:miniflare/sites/site-namespace.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { appearAs } from "ext:miniflare/web/interface.ts";
import { streamFromSource } from "ext:miniflare/web/wire-body.ts";
import type { KVBackend } from "../kv/kv-namespace.ts";
import type { Site } from "./site-namespace.ts";

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

const SiteNamespace = createClass(KVNamespace);
appearAs("KvNamespace", SiteNamespace);
refuseClones([SiteNamespace]);

export const namespaceOf = (site: Site) => new SiteNamespace(backend as KVBackend, site);
