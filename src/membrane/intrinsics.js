// The classes that both realms have: each crosses as the other realm's own, and so do their prototypes.
(function () {
  "use strict";

  const NAMES = [
    "Object", "Function", "Array", "Promise", "RegExp", "Symbol", "String", "Number", "Boolean", "BigInt", "Date", "Map",
    "Set", "WeakMap", "WeakSet", "WeakRef", "Proxy", "Reflect", "JSON", "Math", "Error", "EvalError", "RangeError",
    "ReferenceError", "SyntaxError", "TypeError", "URIError", "AggregateError", "ArrayBuffer", "SharedArrayBuffer",
    "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array",
    "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "DOMException", "URL", "URLSearchParams", "Headers",
    "Request", "Response", "FormData", "Blob", "File", "ReadableStream", "WritableStream", "TransformStream",
    "TextEncoder", "TextDecoder", "Event", "EventTarget", "AbortController", "AbortSignal",
  ];

  /** Finds the shared classes of the realm whose global object this is. */
  function createIntrinsics(global) {
    const byName = new Map();
    const names = new Map();
    const add = (name, object) => {
      if (object === undefined || object === null || names.has(object)) return;
      byName.set(name, object);
      names.set(object, name);
    };
    for (const name of NAMES) {
      add(name, global[name]);
      add(`${name}.prototype`, global[name]?.prototype);
    }
    return { nameOf: (object) => names.get(object), byName: (name) => byName.get(name) };
  }

  const exported = { createIntrinsics };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
