// The options of KV namespaces.

import { strings } from "../../node/options/check.ts";
import { place } from "../../node/options/place.ts";
import { openNamespace } from "./kv-room.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { KVNamespace } from "../kv-namespace.ts";
import type { OptionRows } from "../../node/options/table.ts";

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
} satisfies OptionRows;

export const plugin = "KVPlugin";
export const settings = ({ kvNamespaces = [] }: MiniflareOptions) => ({ kvNamespaces });
export const bindings = ({ kvNamespaces = [] }: MiniflareOptions): [string, (inside: Inside) => KVNamespace][] =>
  kvNamespaces.map((name) => [name, (inside) => openNamespace(inside, name)]);
export { options };
