// The options of KV namespaces.

import { strings } from "../../node/options/check.ts";
import { place } from "../../node/options/place.ts";

const options = {
  kvNamespaces: {
    check: strings,
    label: "KV Namespaces",
    flag: "-k, --kv",
    help: "KV namespace to bind",
    wrangler: ({ kv_namespaces }) => kv_namespaces?.map(({ binding }) => binding),
  },
  kvPersist: {
    check: place,
    keeps: "kv",
    folder: ".mf/kv",
    label: "KV Persistence",
    flag: "--kv-persist",
    help: "Persist KV data (to optional path)",
    wrangler: "miniflare.kv_persist",
  },
};

export const plugin = "KVPlugin";
export const settings = ({ kvNamespaces = [] }) => ({ kvNamespaces });
export const bindings = ({ kvNamespaces = [] }, mf) => kvNamespaces.map((name) => [name, mf.getKVNamespace(name)]);
export { options };
