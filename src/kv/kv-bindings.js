// The KV namespaces of this worker, over the ops of its instance.

import { op_kv_delete, op_kv_get, op_kv_list, op_kv_put, op_kv_value_limit, op_later } from "ext:core/ops";
import { streamFromSource } from "ext:miniflare/membrane/worker/worker-body.js";
import { advance, countInternalSubrequest, depart, requireContext } from "ext:miniflare/realm/context.js";
import { KV, load, onLoad } from "ext:miniflare/realm/lazy.js";
import { refuseClones } from "ext:miniflare/web/clone.js";
import { appearAs } from "ext:miniflare/web/interface.js";

onLoad(KV, ({ KVNamespace }) => {
  appearAs("KvNamespace", KVNamespace);
  refuseClones([KVNamespace]);
});

const backend = {
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

/** The namespaces to bind, `[name, namespace]` each. */
export function namespaces(names) {
  return names.map((name) => [name, new (load(KV).KVNamespace)(name, backend)]);
}
