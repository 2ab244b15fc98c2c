"use strict";
// Options of Miniflare 2 for what is not here: none is ignored in silence. Each is warned of when the worker is loaded, and
// the bindings that it names are there, but say what is missing when they are used.

const KV_METHODS = ["get", "getWithMetadata", "list", "put", "delete"];

/** What each option turns on, which bindings it names, and which methods these have. */
const MISSING = [
  {
    option: "r2Buckets",
    feature: "R2",
    names: (buckets) => buckets,
    methods: ["head", "get", "put", "delete", "list", "createMultipartUpload", "resumeMultipartUpload"],
  },
  {
    option: "d1Databases",
    feature: "D1",
    names: (databases) => databases,
    methods: ["prepare", "dump", "batch", "exec"],
  },
  {
    option: "queueBindings",
    feature: "Queues",
    names: (bindings) => bindings.map(({ name }) => name),
    methods: ["send", "sendBatch"],
  },
  { option: "queueConsumers", feature: "Queues", names: () => [], methods: [] },
  { option: "sitePath", feature: "Workers Sites", names: () => ["__STATIC_CONTENT"], methods: KV_METHODS },
];

/** Those that are given: `[binding, methods, text]` of each binding to stand in for, and a text to warn with per option. */
function missingOptions(options) {
  const bindings = [];
  const warnings = [];
  for (const { option, feature, names, methods } of MISSING) {
    const given = options[option];
    if (given === undefined || given.length === 0) continue;
    const text = `miniflare-rs has no ${feature}: the option "${option}" has no effect`;
    warnings.push(`${text}.`);
    for (const name of names(given)) bindings.push([name, methods, text]);
  }
  return { bindings, warnings };
}

module.exports = { missingOptions };
