// `node:util`.

import { parseArgs } from "@pkgjs/parseargs";
import { Buffer } from "node:buffer";
import { call } from "./host.ts";
import process from "./process.ts";
import { isDeepStrictEqual } from "./deep-equal.ts";
import {
  invalidArgType,
  invalidArgValue,
  nodeError,
  notImplemented,
  validateAbortSignal,
  validateFunction,
  validateString,
} from "./errors.ts";
import { format, formatWithOptions, inspect, stripVTControlCharacters } from "./inspect.ts";
import { MIMEParams, MIMEType } from "./mime-type.ts";
import types from "./util-types.ts";

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
type Callback = (error: unknown, value?: unknown) => void;

const customPromisify = Symbol.for("nodejs.util.promisify.custom");

function promisify(original: AnyFunction & { [customPromisify]?: AnyFunction }) {
  validateFunction(original, "original");
  const custom = original[customPromisify];
  if (custom !== undefined) {
    validateFunction(custom, "util.promisify.custom");
    return Object.defineProperty(custom, customPromisify, { value: custom, configurable: true });
  }
  function promised(this: unknown, ...args: unknown[]) {
    return new Promise((resolve, reject) => {
      const callback: Callback = (error, value) => (error ? reject(error) : resolve(value));
      Reflect.apply(original, this, [...args, callback]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  Object.defineProperty(promised, customPromisify, { value: promised, configurable: true });
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = customPromisify;

function callbackify(original: AnyFunction) {
  validateFunction(original, "original");
  function callbackified(this: unknown, ...args: unknown[]) {
    const callback = args.pop() as Callback;
    validateFunction(callback, "last argument");
    const call = (...results: [unknown, unknown?]) => process.nextTick(callback as AnyFunction, ...results);
    (Reflect.apply(original, this, args) as Promise<unknown>).then(
      (value) => call(null, value),
      (reason) => call(reason || falsy(reason)),
    );
  }
  const descriptors = Object.getOwnPropertyDescriptors(original) as PropertyDescriptorMap;
  if (typeof descriptors.length?.value === "number") descriptors.length.value++;
  if (typeof descriptors.name?.value === "string") descriptors.name.value += "Callbackified";
  return Object.defineProperties(callbackified, descriptors);
}

function falsy(reason: unknown) {
  const error = nodeError(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value");
  return Object.assign(error, { reason });
}

type Class = AnyFunction & { prototype: object };

function inherits(inheriting: Class, parent: Class) {
  if (typeof inheriting !== "function") throw invalidArgType("ctor", "function", inheriting);
  if (parent === undefined || parent === null) throw invalidArgType("superCtor", "function", parent);
  if (parent.prototype === undefined) throw invalidArgType("superCtor.prototype", "object", parent.prototype);
  Object.defineProperty(inheriting, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(inheriting.prototype, parent.prototype);
}

const deprecated = new Set<string>();

/** A function that says once that it is deprecated, or once for all with the same code. */
function deprecate<Given extends AnyFunction>(original: Given, message: string, code?: string): Given {
  validateFunction(original, "fn");
  if (code !== undefined) validateString(code, "code");
  let warned = false;
  const warn = () => {
    if (warned || (code !== undefined && deprecated.has(code))) return;
    warned = true;
    if (code !== undefined) deprecated.add(code);
    process.emitWarning(message, "DeprecationWarning", code);
  };
  const wrapped = new Proxy(original, {
    apply(target, self, args) {
      warn();
      return Reflect.apply(target, self, args);
    },
    construct(target, args, newTarget) {
      warn();
      return Reflect.construct(target, args, newTarget);
    },
  });
  return wrapped;
}

/** Logs for sections that `process.env.NODE_DEBUG` names. */
function debuglog(section: string) {
  const isEnabled = () =>
    String(process.env.NODE_DEBUG ?? "")
      .toUpperCase()
      .split(/[\s,]+/)
      .includes(section.toUpperCase());
  const log = (...args: unknown[]) => {
    if (isEnabled()) console.error(`${section.toUpperCase()} ${process.pid}: ${format(...args)}`);
  };
  return Object.defineProperty(log, "enabled", { get: isEnabled, enumerable: true, configurable: true });
}

/** Marks text with the escape sequences of styles, such as "red" or `["bold", "underline"]`. */
function styleText(styles: string | string[], text: string) {
  validateString(text, "text");
  const codes = [styles].flat().map((style) => {
    const code = (inspect.colors as unknown as Record<string, [number, number] | undefined>)[style];
    if (code === undefined)
      throw invalidArgValue("format", style, `must be one of: ${Object.keys(inspect.colors).join(", ")}`);
    return code;
  });
  const before = codes.map(([on]) => `\u001b[${on}m`).join("");
  return `${before}${text}${codes
    .reverse()
    .map(([, off]) => `\u001b[${off}m`)
    .join("")}`;
}

/** Resolves once the signal has aborted. */
async function aborted(signal: AbortSignal, resource: object) {
  if (signal === undefined) throw invalidArgType("signal", "AbortSignal", signal);
  validateAbortSignal(signal, "signal");
  if (resource === null || typeof resource !== "object") throw invalidArgType("resource", "object", resource);
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** The variables of a text in the format of `.env` files. */
function parseEnv(text: string) {
  validateString(text, "content");
  const LINE = /^\s*(?:export\s+)?([\w.-]+)\s*=\s*("(?:\\.|[^"\\])*"|'[^']*'|`[^`]*`|[^#\r\n]*)\s*(?:#.*)?$/gm;
  const variables: Record<string, string> = {};
  for (const [, name, given] of text.matchAll(LINE)) {
    const value = given.trim();
    const quote = /^(["'`])([\s\S]*)\1$/.exec(value);
    variables[name] = quote === null ? value : quote[1] === '"' ? quote[2].replaceAll("\\n", "\n") : quote[2];
  }
  return variables;
}

/** The names and texts of errors of systems are Node's. */
const systemErrors = {
  getSystemErrorMap: () => new Map(call("util", "getSystemErrorMap") as [number, [string, string]][]),
  getSystemErrorMessage: (number: unknown) => call("util", "getSystemErrorMessage", number),
  getSystemErrorName: (number: unknown) => call("util", "getSystemErrorName", number),
};

const unavailable = (name: string) => () => {
  throw notImplemented(`util.${name}`);
};

const util = {
  ...systemErrors,
  _errnoException: unavailable("_errnoException"),
  _exceptionWithHostPort: unavailable("_exceptionWithHostPort"),
  getCallSite: unavailable("getCallSite"),
  getCallSites: unavailable("getCallSites"),
  isBuffer: (value: unknown) => Buffer.isBuffer(value),
  MIMEParams,
  MIMEType,
  TextDecoder,
  TextEncoder,
  _extend: (target: object, source: unknown) => Object.assign(target, source),
  aborted,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray: Array.isArray,
  isBoolean: (value: unknown) => typeof value === "boolean",
  isDate: types.isDate,
  isDeepStrictEqual,
  isError: (value: unknown) => types.isNativeError(value) || value instanceof Error,
  isFunction: (value: unknown) => typeof value === "function",
  isNull: (value: unknown) => value === null,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isNumber: (value: unknown) => typeof value === "number",
  isObject: (value: unknown) => value !== null && typeof value === "object",
  isPrimitive: (value: unknown) => value === null || (typeof value !== "object" && typeof value !== "function"),
  isRegExp: types.isRegExp,
  isString: (value: unknown) => typeof value === "string",
  isSymbol: (value: unknown) => typeof value === "symbol",
  isUndefined: (value: unknown) => value === undefined,
  log: (...args: unknown[]) => console.log(format(...args)),
  parseArgs,
  parseEnv,
  promisify,
  stripVTControlCharacters,
  styleText,
  toUSVString: (text: unknown) => String(text).toWellFormed(),
  transferableAbortController: () => new AbortController(),
  transferableAbortSignal: (signal: AbortSignal) => signal,
  types,
};

export default util;
