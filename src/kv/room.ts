// The KV namespaces of this worker, over the ops of its instance.

import { op_kv_delete, op_kv_get, op_kv_list, op_kv_put, op_kv_value_limit, op_later } from "ext:core/ops";
import { streamFromSource } from "ext:miniflare/web/wire-body.ts";
import { advance, countInternalSubrequest, depart, requireContext } from "ext:miniflare/realm/context.ts";
import { load, onLoad } from "ext:miniflare/realm/lazy.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { appearAs } from "ext:miniflare/web/interface.ts";
import type { KVBackend, KVNamespace } from "./kv-namespace.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/kv/kv-namespace.ts": typeof import("./kv-namespace.ts");
  }
}

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
  get: op_kv_get,
  put: op_kv_put,
  delete: op_kv_delete,
  list: op_kv_list,
  later: op_later,
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
