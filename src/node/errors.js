"use strict";
// The errors this package throws, and their plain form: an error that crosses between Node and a worker travels as data
// and is built anew on the other side, in the realm that catches it.

const { inspect, types } = require("node:util");
const { dim } = require("./ansi.js");

/** What all errors of this package are; `code` tells them apart. */
class MiniflareError extends Error {
  constructor(code, message, cause) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    hide(this, "name", `${new.target.name} [${code}]`);
    Error.captureStackTrace(this, new.target);
  }
}

class MiniflareCoreError extends MiniflareError {}
class FetchError extends MiniflareError {}
class RouterError extends MiniflareError {}
class CacheError extends MiniflareError {}
class DurableObjectError extends MiniflareError {}
class QueueError extends MiniflareError {}
class SchedulerError extends MiniflareError {}
class VMScriptRunnerError extends MiniflareError {}
/** An option with a value of the wrong type: `ERR_INVALID_OPTION`. */
class OptionsError extends MiniflareError {}
/** What ends an instance: `ERR_DISPOSED ERR_CPU_LIMIT ERR_HEAP_LIMIT ERR_PANIC ERR_SNAPSHOT ERR_LOAD`. */
class InstanceError extends MiniflareError {}

const classes = [
  MiniflareError,
  MiniflareCoreError,
  FetchError,
  RouterError,
  CacheError,
  DurableObjectError,
  QueueError,
  SchedulerError,
  VMScriptRunnerError,
  OptionsError,
  InstanceError,
];
const byName = new Map(classes.map((Class) => [Class.name, Class]));
const nameOf = new Map(classes.map((Class) => [Class, Class.name]));

const natives = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
const nativeByName = new Map(natives.map((Class) => [Class.name, Class]));

/** The text of `ERR_NO_SCRIPT`: every place where a script can be named. */
function noScriptMessage(modules) {
  const command = process.env.MINIFLARE_EXEC_NAME ?? "miniflare";
  const script = modules ? "dist/worker.mjs" : "dist/worker.js";
  const field = modules ? "module" : "main";
  const wrangler = ["[build.upload]", 'format = "modules"', 'dir = "dist"', 'main = "worker.mjs"'];
  return [
    "No script defined, either:",
    "- Pass it as a positional argument, if you're using the CLI",
    dim(`    $ ${command} ${script}`),
    "- Set the script or scriptPath option, if you're using the API",
    dim(`    new Miniflare({ scriptPath: "${script}" })`),
    `- Set ${field} in package.json`,
    dim(`    { "${field}": "${script}" }`),
    ...(modules ? ["- Set build.upload.main in wrangler.toml", ...wrangler.map((line) => dim(`    ${line}`))] : []),
    "",
  ].join("\n");
}

/** A value in the short form that error messages show: `"yes" (string)`, `[ 1, 2 ] (array)`, `null`. */
function describe(value) {
  if (value === null || value === undefined) return String(value);
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, INSPECT_SHORT);
  return `${text.length > 60 ? `${text.slice(0, 57)}...` : text} (${Array.isArray(value) ? "array" : typeof value})`;
}
const INSPECT_SHORT = { depth: 0, breakLength: Infinity, compact: true, customInspect: false };

// The deepest chain of causes that crosses.
const MAX_DEPTH = 16;
const OWN_FIELDS = new Set(["name", "message", "stack", "cause", "errors", "code"]);

function hide(error, key, value) {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

// Errors of user code may have getters that throw.
function read(error, key) {
  try {
    return error[key];
  } catch {
    return undefined;
  }
}

function isDOMException(value) {
  return Object.prototype.toString.call(value) === "[object DOMException]";
}

function isError(value) {
  return types.isNativeError(value) || value instanceof Error || isDOMException(value);
}

/** An error, or whatever else was thrown, as plain data for the other side. */
function errorToWire(error) {
  return thrownToWire(error, []);
}

function thrownToWire(value, chain) {
  if (!isError(value)) return { thrown: { value } };
  if (chain.includes(value) || chain.length >= MAX_DEPTH) return { seen: true };
  const inner = [...chain, value];
  const wire = { ...ownFields(value), props: plainProps(value) };
  if (Object.hasOwn(value, "cause")) wire.cause = causeToWire(read(value, "cause"), inner);
  const errors = read(value, "errors");
  if (Array.isArray(errors)) wire.errors = errors.map((each) => thrownToWire(each, inner)).filter((each) => !each.seen);
  return wire;
}

function causeToWire(cause, chain) {
  return isError(cause) ? thrownToWire(cause, chain) : { value: cause };
}

function ownFields(error) {
  const wire = {
    name: String(read(error, "name") ?? "Error"),
    message: String(read(error, "message") ?? ""),
    stack: stackOf(error),
  };
  if (isDOMException(error)) return { ...wire, isDOMException: true };
  const code = read(error, "code");
  const className = nameOf.get(read(error, "constructor"));
  if (typeof code === "string" || typeof code === "number") wire.code = code;
  if (className !== undefined) wire.class = className;
  return wire;
}

function stackOf(error) {
  const stack = read(error, "stack");
  return typeof stack === "string" ? stack : undefined;
}

// Functions and other values that cannot be cloned stay behind.
function plainProps(error) {
  const props = Object.create(null);
  for (const key of Object.keys(error).filter((key) => !OWN_FIELDS.has(key))) {
    try {
      props[key] = structuredClone(error[key]);
    } catch {
      continue;
    }
  }
  return props;
}

/** The error that `errorToWire` described, of the class it had, in this realm. */
function errorFromWire(wire) {
  return thrownFromWire(wire, 0);
}

function thrownFromWire(wire, depth) {
  if (wire.thrown) return wire.thrown.value;
  const errors = depth < MAX_DEPTH ? wire.errors?.map((each) => thrownFromWire(each, depth + 1)) : [];
  const error = construct(wire, errors);
  if (error.name !== wire.name) hide(error, "name", wire.name);
  if (wire.stack !== undefined) hide(error, "stack", wire.stack);
  if (wire.code !== undefined && !wire.isDOMException) error.code = wire.code;
  if (hasCause(wire, depth)) hide(error, "cause", causeFromWire(wire.cause, depth + 1));
  for (const [key, value] of Object.entries(wire.props ?? {})) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: true });
  }
  return error;
}

function hasCause({ cause }, depth) {
  return cause !== undefined && !cause.seen && depth < MAX_DEPTH;
}

function causeFromWire(cause, depth) {
  return "value" in cause ? cause.value : thrownFromWire(cause, depth);
}

function construct(wire, errors) {
  if (wire.isDOMException) return new DOMException(wire.message, wire.name);
  const Class = byName.get(wire.class);
  if (Class) return new Class(wire.code, wire.message);
  if (errors || wire.name === "AggregateError") return new AggregateError(errors ?? [], wire.message);
  return new (nativeByName.get(wire.name) ?? Error)(wire.message);
}

module.exports = {
  MiniflareError,
  MiniflareCoreError,
  FetchError,
  RouterError,
  CacheError,
  DurableObjectError,
  QueueError,
  SchedulerError,
  VMScriptRunnerError,
  OptionsError,
  InstanceError,
  byName,
  noScriptMessage,
  describe,
  errorToWire,
  errorFromWire,
};
