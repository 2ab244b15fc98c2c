// In a worker, in place of `test/common` of Node's tests: the helpers that these tests use, for a program that has no process
// of its own. `globalThis.nodeTest` collects what fails (`program.js`).
"use strict";

const assert = require("node:assert");
const { inspect } = require("node:util");
const process = require("node:process");

const { nodeTest } = globalThis;
const noop = () => {};

/** Ends a test that is for another platform, or for a feature that is not there. */
class Skipped extends Error {}

function counted(fn, criteria, field) {
  if (typeof fn === "number") [fn, criteria] = [noop, fn];
  const call = { name: fn?.name || "<anonymous>", actual: 0, [field]: criteria ?? 1, place: new Error().stack };
  nodeTest.calls.push(call);
  const wrapped = function (...args) {
    call.actual++;
    return (fn ?? noop).apply(this, args);
  };
  Object.defineProperties(wrapped, {
    name: { value: fn?.name ?? "", configurable: true },
    length: { value: fn?.length ?? 0, configurable: true },
  });
  return wrapped;
}

const mustCall = (fn, exact) => counted(fn, exact, "exact");
const mustCallAtLeast = (fn, minimum) => counted(fn, minimum, "minimum");
const mustSucceed = (fn, exact) =>
  mustCall(function (error, ...args) {
    assert.ifError(error);
    return fn?.apply(this, args);
  }, exact);

function mustNotCall(message = "function should not have been called") {
  return (...args) => {
    const shown = args.length > 0 ? `\ncalled with arguments: ${args.map((arg) => inspect(arg)).join(", ")}` : "";
    assert.fail(message + shown);
  };
}

function expectsError(validator, exact) {
  return mustCall((...args) => {
    assert.strictEqual(args.length, 1);
    assert.throws(() => {
      throw args[0];
    }, validator);
    return true;
  }, exact);
}

const warnings = new Map();

function expectWarning(nameOrMap, expected, code) {
  const lists =
    typeof nameOrMap === "string"
      ? { [nameOrMap]: Array.isArray(expected) ? expected : [[expected, code]] }
      : nameOrMap;
  for (const [name, given] of Object.entries(lists)) {
    const list = typeof given === "string" ? [[given]] : Array.isArray(given[0]) ? [...given] : [given];
    const expectations = list.map((one) => (typeof one === "string" ? [one] : one));
    warnings.set(
      name,
      mustCall((warning) => {
        const [message, expectedCode] = expectations.shift() ?? assert.fail(`unexpected warning: ${warning.message}`);
        if (typeof message === "string") assert.strictEqual(warning.message, message);
        else assert.match(warning.message, message);
        assert.strictEqual(warning.code, expectedCode);
      }, expectations.length),
    );
  }
  if (warnings.size > 0 && process.listenerCount("warning", onWarning) === 0) process.on("warning", onWarning);
}

function onWarning(warning) {
  const expected = warnings.get(warning.name) ?? assert.fail(`unexpected ${warning.name}: ${warning.message}`);
  expected(warning);
}

function invalidArgTypeHelper(input) {
  if (input == null) return ` Received ${input}`;
  if (typeof input === "function") return ` Received function ${input.name}`;
  if (typeof input === "object") {
    if (input.constructor?.name) return ` Received an instance of ${input.constructor.name}`;
    return ` Received ${inspect(input, { depth: -1 })}`;
  }
  let inspected = inspect(input, { colors: false });
  if (inspected.length > 28) inspected = `${inspected.slice(0, 25)}...`;
  return ` Received type ${typeof input} (${inspected})`;
}

const VIEWS = [
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView],
];

function getArrayBufferViews({ buffer, byteOffset, byteLength }) {
  const fits = VIEWS.filter((View) => byteLength % (View.BYTES_PER_ELEMENT ?? 1) === 0);
  return fits.map((View) => new View(buffer, byteOffset, byteLength / (View.BYTES_PER_ELEMENT ?? 1)));
}

function skip(message) {
  throw new Skipped(message);
}

nodeTest.Skipped = Skipped;

module.exports = {
  allowGlobals: noop,
  enoughTestMem: true,
  expectsError,
  expectWarning,
  getArrayBufferViews,
  getBufferSources: (bytes) => [...getArrayBufferViews(bytes), new Uint8Array(bytes).buffer],
  hasCrypto: true,
  hasIntl: true,
  hasIPv6: true,
  hasLocalStorage: false,
  hasOpenSSL: () => true,
  hasOpenSSL3: true,
  hasQuic: false,
  hasSQLite: false,
  invalidArgTypeHelper,
  isAIX: false,
  isASan: false,
  isFreeBSD: false,
  isIBMi: false,
  isLinux: true,
  isMacOS: false,
  isMainThread: true,
  isOpenBSD: false,
  isOSX: false,
  isSunOS: false,
  isWindows: false,
  localhostIPv4: "127.0.0.1",
  mustCall,
  mustCallAtLeast,
  mustNotCall,
  mustSucceed,
  platformTimeout: (ms) => ms,
  printSkipMessage: noop,
  skip,
  skipIf32Bits: noop,
  skipIfInspectorDisabled: () => skip("there is no inspector"),
  skipIfSQLiteMissing: () => skip("there is no SQLite"),
};
