"use strict";
// Durable Objects from outside the worker: which are bound, and how Node reaches them.

const { DurableObjectNamespace, partsOf } = require("../durable/namespace.js");
const { describe } = require("./errors.js");
const { objectIds } = require("./lane.js");
const { splitRequest } = require("./request.js");

/** What the option binds: `[binding, className, scriptName]` each. */
function objectBindings({ durableObjects = {} }) {
  return Object.entries(durableObjects).map(([binding, value]) => {
    const { className, scriptName } = typeof value === "string" ? { className: value } : value;
    return [binding, className, scriptName];
  });
}

/**
 * What makes the namespaces of an instance.
 * @param instance `{ dispatch(target, request), isEnabled(flag), warn(text) }`, whichever worker it has at the time
 */
function objectNamespaces({ dispatch, isEnabled, warn }) {
  const fetch = (binding, hex, input, init) => dispatch([binding, hex], splitRequest(input, init));
  const backend = { ...objectIds, fetch, isEnabled, warn };
  return (binding) => new DurableObjectNamespace(String(binding), backend);
}

/** The binding and the digits of an id that `method` was called with. */
function idParts(method, id) {
  const parts = partsOf(id);
  if (parts === undefined) throw new TypeError(`${method}() takes a Durable Object's id, got ${describe(id)}`);
  return parts;
}

module.exports = { idParts, objectBindings, objectNamespaces };
