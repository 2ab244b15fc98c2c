"use strict";
// The bindings of an environment without a worker. Data and KV namespaces are the same here and there, so a suite that has
// nothing else needs no worker, and is set up without one.

const { copyOf } = require("./test-realm.js");
const { readBindings } = require("../script/script.js");

/** Options by which something is bound, or done, that is in a worker. */
const OF_WORKERS = [
  ...["durableObjects", "mounts", "queueBindings", "queueConsumers", "serviceBindings"],
  ...["r2Buckets", "d1Databases", "sitePath", "wasmBindings"],
];

function needsWorker(options) {
  return OF_WORKERS.some((name) => options[name] !== undefined && !isEmpty(options[name]));
}

function isEmpty(value) {
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** What these options bind; data is copied, as it is when it goes to a worker. */
async function ownBindings(mf, options) {
  const bindings = {};
  for (const name of options.kvNamespaces ?? []) bindings[name] = await mf.getKVNamespace(name);
  const { values } = readBindings(options, options.rootPath ?? process.cwd());
  for (let index = 0; index < values.length; index += 2) bindings[values[index]] = copyOf(values[index + 1]);
  return bindings;
}

module.exports = { needsWorker, ownBindings };
