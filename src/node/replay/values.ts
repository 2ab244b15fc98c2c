// Values in a recording: JSON where they are that, and objects with a "$" that says what they are otherwise.

import { deserialize, serialize } from "node:v8";
import { isProxy } from "node:util/types";
import { isData, isPlain } from "../../membrane/membrane-data.ts";
import { InstanceError } from "../errors.ts";

/** What JSON can represent. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined };

/** An object or function of Node's that the worker uses where it is. */
interface Live {
  $: "live";
  path: string;
  kind: "array" | "function" | "object";
}

/** Makes of a live value what the worker is given in its place. */
export type Wrap = (value: object, path: string) => object;

/** The value as it is recorded. `path` says where it comes from. */
function encode(value: unknown, path: string): Json {
  return encodeOne(value, path, new Set());
}

function encodeOne(value: unknown, path: string, above: Set<object>): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: "number", text: Object.is(value, -0) ? "-0" : `${value}` };
    case "bigint":
      return { $: "bigint", text: `${value}` };
    case "undefined":
      return { $: "undefined" };
    case "symbol":
      throw unrecordable(path, "a symbol");
    default:
      return value === null ? null : encodeObject(value as object, path, above);
  }
}

function encodeObject(value: object, path: string, above: Set<object>): Json {
  if (value instanceof Error) return encodeError(value, path);
  if (value instanceof Uint8Array) return { $: "bytes", base64: Buffer.from(value).toString("base64") };
  if (isLive(value)) return { $: "live", path, kind: kindOf(value) };
  if (above.has(value)) return cloneOf(value);
  const within = new Set(above).add(value);
  if (Array.isArray(value) && Object.keys(value).length === value.length) {
    return value.map((item, index) => encodeOne(item, `${path}[${index}]`, within));
  }
  if (!isPlain(value) || "$" in value) return cloneOf(value);
  const entries = Object.entries(value).map(([key, item]) => [key, encodeOne(item, `${path}.${key}`, within)]);
  return Object.fromEntries(entries);
}

function encodeError(error: Error, path: string): Json {
  const { name, message, stack, cause } = error;
  const code = encode((error as { code?: unknown }).code, path);
  const kind = error instanceof DOMException ? { dom: true } : {};
  return {
    $: "error",
    name,
    message,
    stack,
    code,
    cause: cause === undefined ? undefined : encode(cause, path),
    ...kind,
  };
}

const cloneOf = (value: object): Json => ({ $: "clone", base64: serialize(value).toString("base64") });

const kindOf = (value: object): Live["kind"] =>
  typeof value === "function" ? "function" : Array.isArray(value) ? "array" : "object";

/** Whether a value stays in Node, and the worker calls it. */
function isLive(value: unknown): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null && !isData(value, isProxy);
}

function unrecordable(path: string, what: string): InstanceError {
  return new InstanceError("ERR_REPLAY", `${path} is ${what}, which a recording cannot hold. Pass data instead.`);
}

/** The error for a feature that neither a recording nor a replay can have. */
function unrecorded(what: string, instead: string): InstanceError {
  const text = `A run that is recorded or replayed (option "simulate") cannot have ${what}. ${instead}`;
  return new InstanceError("ERR_REPLAY", text);
}

const ERRORS: Record<string, ErrorConstructor | undefined> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
};

/** The value that was recorded. */
function decode(recorded: Json | undefined, wrap: Wrap): unknown {
  if (typeof recorded !== "object" || recorded === null) return recorded;
  if (Array.isArray(recorded)) return recorded.map((item) => decode(item, wrap));
  const tagged = recorded as Record<string, Json | undefined>;
  switch (tagged.$) {
    case undefined:
      return Object.fromEntries(Object.entries(tagged).map(([key, item]) => [key, decode(item, wrap)]));
    case "number":
      return Number(tagged.text);
    case "bigint":
      return BigInt(tagged.text as string);
    case "bytes":
      return new Uint8Array(Buffer.from(tagged.base64 as string, "base64"));
    case "clone":
      return deserialize(Buffer.from(tagged.base64 as string, "base64"));
    case "error":
      return decodeError(tagged, wrap);
    case "live":
      return wrap(standInFor(tagged as unknown as Live), tagged.path as string);
    default:
      return undefined;
  }
}

function decodeError({ dom, name, message, stack, code, cause }: Record<string, Json | undefined>, wrap: Wrap): Error {
  if (dom) return new DOMException(message as string, name as string);
  const error = new (ERRORS[name as string] ?? Error)(message as string);
  const hide = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, writable: true, configurable: true });
  if (error.name !== name) hide("name", name);
  hide("stack", stack);
  if (cause !== undefined) hide("cause", decode(cause, wrap));
  const given = decode(code, wrap);
  return given === undefined ? error : Object.assign(error, { code: given });
}

/** What the worker calls in the place of an object of the recorded process. */
function standInFor({ kind, path }: Live): object {
  if (kind !== "function") return kind === "array" ? [] : {};
  return Object.defineProperty(() => {}, "name", { value: path.slice(path.lastIndexOf(".") + 1), configurable: true });
}

export { decode, encode, isLive, unrecordable, unrecorded };
