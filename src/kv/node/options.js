"use strict";
// The options of KV namespaces.

const { strings } = require("../../node/options/check.js");
const { place } = require("../../node/options/place.js");

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

module.exports = {
  plugin: "KVPlugin",
  options,
  settings: ({ kvNamespaces = [] }) => ({ kvNamespaces }),
  bindings: ({ kvNamespaces = [] }, mf) => kvNamespaces.map((name) => [name, mf.getKVNamespace(name)]),
};
