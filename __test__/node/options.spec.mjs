// Tags: every-node
import assert from "node:assert/strict";
import { test } from "node:test";
import internals from "../../lib/node/internals.js";

const { mergeOptions, NoOpLog, OPTIONS, validateOptions } = internals;

const valid = [
  undefined,
  {},
  { unknown: Symbol("ignored") },
  { modules: undefined, script: "", log: new NoOpLog(), port: 0, cpuLimitMs: 0.5, heapLimitMb: 16 },
  { bindings: process.env, globals: Object.create(null), usageModel: "unbound", kvPersist: "./kv", open: true },
  { serviceBindings: { A: "a", B: { service: "b", environment: "x" }, C: () => new Response() } },
  { durableObjects: { A: "A", B: { className: "B", scriptName: "s" } }, durableObjectsAlarms: false },
  { modulesRules: [{ type: "Text", include: ["*.txt"], fallthrough: true }], wasmBindings: { M: "m.wasm" } },
  { mounts: { a: "./a", b: { modules: true, kvNamespaces: ["KV"] } }, crons: ["* * * * *"], metaProvider() {} },
  { queueBindings: [{ name: "Q", queueName: "q" }], queueConsumers: ["q", { queueName: "r", maxBatchSize: 1 }] },
];

const invalid = [
  [{ modules: "yes" }, 'Invalid option "modules": expected a boolean, got "yes" (string)'],
  [{ script: 5 }, 'Invalid option "script": expected a string, got 5 (number)'],
  [{ script: null }, 'Invalid option "script": expected a string, got null'],
  [{ kvPersist: 1 }, 'Invalid option "kvPersist": expected a boolean or a string, got 1 (number)'],
  [{ kvNamespaces: "KV" }, 'Invalid option "kvNamespaces": expected an array of strings, got "KV" (string)'],
  [{ kvNamespaces: ["A", 1] }, 'Invalid option "kvNamespaces[1]": expected a string, got 1 (number)'],
  [{ usageModel: "free" }, 'Invalid option "usageModel": expected "bundled" or "unbound", got "free" (string)'],
  [{ bindings: [1, 2] }, 'Invalid option "bindings": expected an object, got [ 1, 2 ] (array)'],
  [{ wasmBindings: { M: {} } }, 'Invalid option "wasmBindings.M": expected a string, got {} (object)'],
  [
    { serviceBindings: { API: 1 } },
    'Invalid option "serviceBindings.API": expected a service name, an object like { service: "name", entrypoint: "Class" }, ' +
      "or a function, got 1 (number)",
  ],
  [
    { durableObjects: { OBJ: { scriptName: "s" } } },
    'Invalid option "durableObjects.OBJ.className": expected a string, got undefined',
  ],
  [{ mounts: { api: { modules: 1 } } }, 'Invalid option "mounts.api.modules": expected a boolean, got 1 (number)'],
  [{ log: console.error }, /^Invalid option "log": expected a Log, got \[Function: .*\] \(function\)$/],
  [{ port: 70000 }, 'Invalid option "port": expected a whole number from 0 to 65535, got 70000 (number)'],
  [{ cpuLimitMs: 0 }, 'Invalid option "cpuLimitMs": expected a positive, finite number, got 0 (number)'],
  [{ cpuLimitMs: Infinity }, 'Invalid option "cpuLimitMs": expected a positive, finite number, got Infinity (number)'],
  [{ heapLimitMb: 8 }, 'Invalid option "heapLimitMb": expected a finite number, 16 at least, got 8 (number)'],
  [{ name: ["x".repeat(100)] }, `Invalid option "name": expected a string, got [ '${"x".repeat(54)}... (array)`],
  ["script", 'Invalid options: expected an object, got "script" (string)'],
];

test("options of the right types are accepted, unknown ones ignored", () => {
  for (const options of valid) validateOptions(options);
});

test("an option of a wrong type is named, with its value and what would be right", () => {
  for (const [options, message] of invalid) {
    const expected = { name: "OptionsError [ERR_INVALID_OPTION]", code: "ERR_INVALID_OPTION", message };
    assert.throws(() => validateOptions(options), expected);
  }
});

test("limits have defaults", () => {
  const rows = Object.entries(OPTIONS).filter(([, row]) => row.default !== undefined);
  assert.deepEqual(Object.fromEntries(rows.map(([name, row]) => [name, row.default])), {
    cpuLimitMs: 30_000,
    heapLimitMb: 128,
    fetchTimeoutMs: 300_000,
  });
});

test("later options replace earlier ones, and undefined unsets", () => {
  const merged = mergeOptions({ script: "a", modules: true, bindings: { A: 1 } }, { modules: undefined, bindings: {} });
  assert.equal(merged.script, "a");
  assert.equal(merged.modules, undefined);
  assert.deepEqual(merged.bindings, {});
});
