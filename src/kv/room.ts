// The KV namespaces of this worker, over the ops of its instance.

import { op_kv_delete, op_kv_get, op_kv_list, op_kv_put, op_kv_value_limit } from "ext:core/ops";
import { streamFromSource } from "ext:miniflare/web/wire-body.ts";
import {
  advance,
  countInternalSubrequest,
  countOperation,
  depart,
  requireContext,
} from "ext:miniflare/realm/context.ts";
import { USAGE } from "ext:miniflare/kv/usage.ts";
import { later } from "ext:miniflare/realm/waits.ts";
import { load, onLoad } from "ext:miniflare/realm/lazy.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { appearAs } from "ext:miniflare/web/interface.ts";
import type { KVBackend, KVNamespace } from "./kv-namespace.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/kv/kv-namespace.ts": typeof import("./kv-namespace.ts");
  }
}

/** The places of the numbers that are counted. */
const [READS, WRITES, DELETES, LISTS] = USAGE.counts.keys();

/** The script with the class. */
const CLASSES = "ext:miniflare/kv/kv-namespace.ts";

onLoad(CLASSES, ({ KVNamespace }) => {
  appearAs("KvNamespace", KVNamespace);
  refuseClones([KVNamespace]);
});

const backend: KVBackend = {
  begin() {
    requireContext("globalAsyncIO");
    countInternalSubrequest();
  },
  depart,
  advance,
  get(name, key, bytes, metadata, cacheTtl) {
    countOperation(USAGE, name, READS);
    return op_kv_get(name, key, bytes, metadata, cacheTtl);
  },
  put(name, key, value, options) {
    countOperation(USAGE, name, WRITES);
    return op_kv_put(name, key, value, options);
  },
  delete(name, key) {
    countOperation(USAGE, name, DELETES);
    return op_kv_delete(name, key);
  },
  list(name, query) {
    countOperation(USAGE, name, LISTS);
    return op_kv_list(name, query);
  },
  later,
  streamFromSource,
  valueLimit: op_kv_value_limit(),
};

export const room = {
  name: "kv",
  empty: { kvNamespaces: [] },
  /** `kvNamespaces` are the names of the bindings. */
  bind: ({ kvNamespaces }: { kvNamespaces: string[] }) =>
    kvNamespaces.map((name): [string, KVNamespace] => [name, new (load(CLASSES).KVNamespace)(name, backend)]),
};
