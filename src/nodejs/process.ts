// `node:process`, and the global of that name: an emitter with what a worker can know of a process.

import { currentContext } from "ext:miniflare/realm/context.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { nodeModule, names } from "ext:miniflare/nodejs/modules.ts";
import EventEmitter from "./events.ts";
import {
  invalidArgType,
  nodeError,
  notImplemented,
  validateFunction,
  validateObject,
  validateString,
} from "./errors.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** What Workers report. */
const VERSION = "22.19.0";
const POPULATES = "nodejs_compat_populate_process_env";

let env: Record<string, string> | undefined;

/** The text and JSON bindings as text, as far as the worker's date says; a script may write to it. */
function environment(): Record<string, string> {
  if (env !== undefined) return env;
  const variables: Record<string, string> = {};
  if (worker.flags.has(POPULATES)) {
    for (const [name, value] of Object.entries(worker.env)) {
      if (typeof value === "string") variables[name] = value;
      else if (isData(value)) variables[name] = JSON.stringify(value);
    }
  }
  // A symbol is no text.
  const text = (value: unknown) => `${value as string}`;
  env = new Proxy(variables, {
    set: (target, name, value) => Reflect.set(target, name, text(value)),
    defineProperty(target, name, descriptor) {
      const refused = wrongDescriptor(descriptor);
      if (refused !== undefined) throw nodeError(TypeError, "ERR_INVALID_OBJECT_DEFINE_PROPERTY", refused);
      return Reflect.defineProperty(target, name, { ...descriptor, value: text(descriptor.value) });
    },
  });
  return env;
}

/** Why a property of the environment cannot be defined. */
function wrongDescriptor(descriptor: PropertyDescriptor): string | undefined {
  const has = (name: string) => Object.hasOwn(descriptor, name);
  if (has("get") || has("set")) return "'process.env' does not accept an accessor(getter/setter) descriptor";
  if (!has("value")) return "'process.env' only accepts a configurable, writable, and enumerable data descriptor";
  if (descriptor.configurable && descriptor.writable && descriptor.enumerable) return undefined;
  return "'process.env' only accepts a configurable, writable, and enumerable data descriptor";
}

function isData(value: unknown): boolean {
  if (value === null || typeof value !== "object") return typeof value === "number" || typeof value === "boolean";
  const prototype = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function nextTick(callback: AnyFunction, ...args: unknown[]) {
  validateFunction(callback, "callback");
  queueMicrotask(() => callback(...args));
}

type Warning = Error & { code?: string; detail?: string };
interface WarningOptions {
  type?: string;
  code?: string;
  detail?: string;
}

function emitWarning(
  warning: string | Error,
  type?: string | WarningOptions | AnyFunction,
  code?: string | AnyFunction,
) {
  const isGiven = typeof type === "object" && type !== null && !Array.isArray(type);
  // The place of functions is that of a stack that starts with them.
  const named = {
    type: typeof type === "function" ? undefined : type,
    code: typeof code === "function" ? undefined : code,
  };
  const options = (isGiven ? type : named) as WarningOptions;
  if (options.type !== undefined) validateString(options.type, "type");
  if (options.code !== undefined) validateString(options.code, "code");
  if (typeof options.detail !== "string") options.detail = undefined;
  if (typeof warning !== "string" && !(warning instanceof Error)) {
    throw invalidArgType("warning", ["string", "Error"], warning);
  }
  const made: Warning = typeof warning === "string" ? new Error(warning) : warning;
  if (typeof warning === "string") {
    made.name = options.type ?? "Warning";
    if (options.code !== undefined) made.code = options.code;
    if (options.detail !== undefined) made.detail = options.detail;
  }
  nextTick(() => {
    process.emit("warning", made);
    const named = made.code === undefined ? "" : `[${made.code}] `;
    console.warn(`(node) ${named}${made.name}: ${made.message}${made.detail === undefined ? "" : `\n${made.detail}`}`);
  });
}

/** Ends what the worker does for a request: its code goes no further, and the request fails. */
function exit(code: unknown = process.exitCode) {
  const where = currentContext() === undefined ? "" : " The request has been aborted.";
  throw nodeError(Error, "ERR_PROCESS_EXIT", `process.exit(${code ?? ""}) was called.${where}`);
}

const NANOSECONDS = 1_000_000n;

function hrtime(previous?: [number, number]): [number, number] {
  const now = Date.now();
  const [seconds, nanoseconds] = [Math.trunc(now / 1000), (now % 1000) * 1e6];
  if (previous === undefined) return [seconds, nanoseconds];
  if (!Array.isArray(previous)) throw invalidArgType("time", "Array", previous);
  const difference = [seconds - previous[0], nanoseconds - previous[1]];
  return difference[1] < 0 ? [difference[0] - 1, difference[1] + 1e9] : (difference as [number, number]);
}
hrtime.bigint = () => BigInt(Date.now()) * NANOSECONDS;

const started = Date.now();
const emptyMemory = { rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };

/** A stream whose lines go to the log. */
function output(write: (line: string) => void) {
  const { Writable } = nodeModule("stream") as { Writable: new (options: object) => object };
  let rest = "";
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding: string, done: () => void) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() as string;
      for (const line of lines) write(line);
      // A text without an end of line is not kept back for long.
      if (rest !== "") {
        queueMicrotask(() => {
          if (rest !== "") write(rest);
          rest = "";
        });
      }
      done();
    },
  });
  return Object.assign(stream, { isTTY: false, columns: 80, rows: 24 });
}

/** A property that is made when it is first read. */
function late(name: string, make: () => unknown): PropertyDescriptor {
  const set = (value: unknown) =>
    Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: true });
  const get = () => {
    const value = make();
    set(value);
    return value;
  };
  return { get, set, configurable: true, enumerable: true };
}

function getBuiltinModule(id: string) {
  validateString(id, "id");
  const name = id.replace(/^node:/, "");
  return names().includes(name) ? nodeModule(name) : undefined;
}

function chdir(): never {
  throw nodeError(Error, "ERR_UNSUPPORTED_OPERATION", "process.chdir() is not supported in Workers");
}

interface Process extends Record<string, unknown> {
  env: Record<string, string>;
  exitCode: unknown;
  pid: number;
  emitWarning: typeof emitWarning;
  nextTick: typeof nextTick;
  emit(name: string, ...args: unknown[]): boolean;
}

const process = Object.create(
  Object.create(EventEmitter.prototype, {
    constructor: { value: function process() {}, writable: true, configurable: true },
    [Symbol.toStringTag]: { value: "process", configurable: true },
  }),
) as Process;

Object.assign(process, {
  abort: () => exit(undefined),
  allowedNodeEnvironmentFlags: new Set(),
  arch: "x64",
  argv: ["workerd"],
  argv0: "workerd",
  availableMemory: () => 128 * 1024 * 1024,
  chdir,
  config: { target_defaults: {}, variables: {} },
  connected: false,
  constrainedMemory: () => 128 * 1024 * 1024,
  cpuUsage: () => ({ user: 0, system: 0 }),
  cwd: () => "/bundle",
  emitWarning,
  execArgv: [],
  execPath: "",
  exit,
  exitCode: undefined,
  features: { inspector: false, debug: false, uv: false, ipv6: true, tls: true, typescript: false },
  getBuiltinModule,
  getActiveResourcesInfo: () => [],
  getegid: () => 0,
  geteuid: () => 0,
  getgid: () => 0,
  getgroups: () => [0],
  getuid: () => 0,
  hasUncaughtExceptionCaptureCallback: () => false,
  hrtime,
  memoryUsage: Object.assign(() => ({ ...emptyMemory }), { rss: () => 0 }),
  nextTick,
  pid: 1,
  platform: "linux",
  ppid: 0,
  release: { name: "node", lts: true },
  resourceUsage: () => ({ userCPUTime: 0, systemCPUTime: 0, maxRSS: 0 }),
  title: "workerd",
  umask: () => 0o22,
  uptime: () => (Date.now() - started) / 1000,
  version: `v${VERSION}`,
  versions: { node: VERSION },
});
/** What Workers have as properties, and refuse or ignore in use. */
const REFUSED = [
  ..."_debugEnd _debugProcess _disconnect _fatalException _getActiveHandles _getActiveRequests _handleQueue _kill".split(
    " ",
  ),
  ..."_linkedBinding _pendingMessage _preload_modules _rawDebug _send _startProfilerIdleNotifier".split(" "),
  ..."_stopProfilerIdleNotifier _tickCallback assert binding dlopen execve initgroups kill loadEnvFile openStdin".split(
    " ",
  ),
  ..."reallyExit send setUncaughtExceptionCaptureCallback setegid seteuid setgid setgroups setuid threadCpuUsage".split(
    " ",
  ),
];
for (const name of REFUSED) {
  process[name] = () => {
    throw notImplemented(`process.${name}`);
  };
}
Object.defineProperties(process, {
  env: {
    get: environment,
    set(value: unknown) {
      validateObject(value, "process.env");
      env = undefined;
      const variables = environment();
      for (const name of Object.keys(variables)) delete variables[name];
      Object.assign(variables, value);
    },
    enumerable: true,
    configurable: true,
  },
  stderr: late("stderr", () => output((line) => console.error(line))),
  stdin: late("stdin", () => {
    const { Readable } = nodeModule("stream") as { Readable: { from(chunks: unknown[]): object } };
    return Object.assign(Readable.from([]), { isTTY: false });
  }),
  stdout: late("stdout", () => output((line) => console.log(line))),
});

export default process;
