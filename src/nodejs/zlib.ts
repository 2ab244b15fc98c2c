// `node:zlib`: computed by Node, whole inputs in one call and streams piece by piece.

import { Buffer } from "node:buffer";
import stream from "node:stream";
import * as constants from "unenv/node/internal/zlib/constants";
import { checkedCallback, callLater } from "./callbacks.ts";
import { invalidArgType, nodeError, validateFunction, validateInteger } from "./errors.ts";
import { call, Remote } from "./host.ts";
import { buffers } from "./packed.ts";

type Done = (error?: unknown, chunk?: unknown) => void;
type StreamClass = new (
  options?: object,
) => {
  push(chunk: unknown): boolean;
  once(name: string, listener: () => void): void;
  write(chunk: unknown, done?: Done): boolean;
  destroy(error?: unknown): void;
  destroyed: boolean;
  _final?: unknown;
};
interface Options {
  flush?: number;
  finishFlush?: number;
  chunkSize?: number;
}
type Input = string | ArrayBufferView | ArrayBuffer;

buffers.make = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as Uint8Array;

const { Transform } = stream as unknown as { Transform: StreamClass };

function bytesOf(data: unknown): Uint8Array {
  if (typeof data === "string") return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw invalidArgType("buffer", ["string", "Buffer", "TypedArray", "DataView", "ArrayBuffer"], data);
}

const REMOTE = Symbol("codec");
const SETTINGS = Symbol("settings");

interface Codec extends InstanceType<StreamClass> {
  [REMOTE]: Remote | undefined;
  [SETTINGS]: [kind: string, options: Options];
  bytesWritten: number;
}

/** Makes `stream` one that compresses or decompresses what is written to it. */
function setUp(stream: Codec, kind: string, given: unknown) {
  const options = (typeof given === "object" && given !== null ? given : {}) as Options;
  // Node checks the options, before there is a stream.
  const remote = new Remote("codec", kind, dataOf(options));
  const bytesOnly = { encoding: null, objectMode: false, writableObjectMode: false, decodeStrings: true };
  Transform.call(stream as never, { ...options, ...bytesOnly });
  stream[REMOTE] = remote;
  stream[SETTINGS] = [kind, options];
  stream.bytesWritten = 0;
}

/** Options without functions and streams, which are not the codec's. */
const dataOf = (options: Options) =>
  Object.fromEntries(Object.entries(options).filter(([name]) => CODEC_OPTIONS.has(name)));
const CODEC_OPTIONS = new Set([
  ...["flush", "finishFlush", "chunkSize", "windowBits", "level", "memLevel", "strategy", "dictionary", "info"],
  ...["maxOutputLength", "params", "pledgedSrcSize"],
]);

function give(stream: Codec, output: unknown) {
  if ((output as Uint8Array).length > 0) stream.push(output);
}

/** Calls the codec, unless the stream has been closed. */
function ask(stream: Codec, method: string, args: unknown[], done: Done) {
  const remote = stream[REMOTE];
  if (remote === undefined) return done();
  try {
    give(stream, remote.call(method, ...args));
  } catch (error) {
    return done(error);
  }
  done();
}

const methods = {
  _transform(this: Codec, chunk: unknown, _encoding: string, done: Done) {
    let bytes: Uint8Array;
    try {
      bytes = bytesOf(chunk);
    } catch (error) {
      return done(error);
    }
    this.bytesWritten += bytes.length;
    ask(this, "write", [bytes], done);
  },

  _flush(this: Codec, done: Done) {
    ask(this, "end", [], done);
  },

  _destroy(this: Codec, error: unknown, done: Done) {
    this[REMOTE]?.close();
    this[REMOTE] = undefined;
    done(error);
  },

  /** Gives out what can be given of the input so far. */
  flush(this: Codec, kind?: unknown, callback?: Done) {
    const [flag, done] =
      typeof kind === "function" ? [undefined, kind as Done] : [kind as number | undefined, callback];
    if (this.destroyed) return void (done && queueMicrotask(done));
    // After what has been written.
    this.write(new Uint8Array(), () =>
      ask(this, "flush", [flag], (error) => (error === undefined ? done?.() : this.destroy(error))),
    );
  },

  /** Chooses a level and a strategy for what follows. */
  params(this: Codec, level: number, strategy: number, callback: Done = () => {}) {
    this.write(new Uint8Array(), () => ask(this, "params", [level, strategy], callback));
  },

  /** Begins again, as if nothing had been written. */
  reset(this: Codec) {
    const [kind, options] = this[SETTINGS];
    if (this[REMOTE] === undefined) throw nodeError(Error, "ERR_INVALID_STATE", "Invalid state: zlib binding closed");
    this[REMOTE].close();
    this[REMOTE] = new Remote("codec", kind, dataOf(options));
  },

  close(this: Codec, callback?: () => void) {
    if (callback !== undefined) {
      validateFunction(callback, "callback");
      if (this.destroyed) queueMicrotask(callback);
      else this.once("close", callback);
    }
    this.destroy();
  },
};

type Constructor = { new (options?: Options): object; prototype: object };

/** The class of a kind, which old code calls without `new`, also for objects of classes of its own. */
function classOf(kind: string): Constructor {
  const made = {
    [kind](this: Codec | undefined, options?: Options) {
      if (!(this instanceof Class)) return new (Class as unknown as Constructor)(options);
      setUp(this as Codec, kind, options);
      return this;
    },
  };
  // A method cannot construct.
  const Class = function (this: Codec | undefined, options?: Options) {
    return made[kind].call(this, options);
  };
  Object.defineProperty(Class, "name", { value: kind, configurable: true });
  Object.setPrototypeOf(Class, Transform);
  Class.prototype = Object.create(Transform.prototype as object, {
    constructor: { value: Class, writable: true, configurable: true },
    _closed: { get: isDestroyed, configurable: true },
    _handle: { get: handleOf, configurable: true },
    bytesRead: { get: bytesReadOf, configurable: true },
  });
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Class.prototype, name, { value, writable: true, configurable: true });
  }
  return Class as unknown as Constructor;
}

function isDestroyed(this: Codec) {
  return this.destroyed;
}

function handleOf(this: Codec) {
  return this[REMOTE] === undefined ? null : {};
}

function bytesReadOf(this: Codec) {
  return this.bytesWritten;
}

const KINDS = [
  ...["BrotliCompress", "BrotliDecompress", "Deflate", "DeflateRaw", "Gunzip", "Gzip", "Inflate", "InflateRaw"],
  ...["Unzip", "ZstdCompress", "ZstdDecompress"],
];
const CALLS = [
  ...["brotliCompress", "brotliDecompress", "deflate", "deflateRaw", "gunzip", "gzip", "inflate", "inflateRaw"],
  ...["unzip", "zstdCompress", "zstdDecompress"],
];

/** As the library lists them, with what the running Node has. */
const known = { ...constants, ...(call("zlib", "constants") as object) };
const zlib: Record<string, unknown> = { codes: {}, constants: Object.freeze(known), ...known };

for (const kind of KINDS) {
  const Class = classOf(kind);
  zlib[kind] = Class;
  zlib[`create${kind}`] = (options?: Options) => new Class(options);
}

const optionsOf = (options: Options | undefined) =>
  options === undefined || options === null ? undefined : { ...dataOf(options), info: false };

for (const name of CALLS) {
  const sync = `${name}Sync`;
  const kind = name[0].toUpperCase() + name.slice(1);
  /** With the option `info`, the engine comes along. */
  const resultOf = (buffer: unknown, options?: Options & { info?: boolean }) =>
    options?.info ? { buffer, engine: new (zlib[kind] as Constructor)(options) } : buffer;
  zlib[sync] = (data: Input, options?: Options) =>
    resultOf(call("zlib", sync, bytesOf(data), optionsOf(options)), options);
  zlib[name] = (data: Input, ...rest: unknown[]) => {
    const callback = rest.pop();
    checkedCallback(callback);
    const bytes = bytesOf(data);
    const options = rest[0] as Options | undefined;
    callLater(() => [resultOf(call("zlib", sync, bytes, optionsOf(options)), options)], callback);
  };
}

const POLYNOMIAL = 0xedb88320;
let table: Uint32Array | undefined;

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    return value;
  });
}

zlib.crc32 = (data: unknown, value: unknown = 0) => {
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
    throw invalidArgType("data", ["Buffer", "TypedArray", "DataView", "string"], data);
  }
  validateInteger(value, "value", 0, 2 ** 32 - 1);
  table ??= crcTable();
  let crc = ~value;
  for (const byte of bytesOf(data)) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
  return ~crc >>> 0;
};

const ERRORS: Record<string, number> = {
  Z_OK: 0,
  Z_STREAM_END: 1,
  Z_NEED_DICT: 2,
  Z_ERRNO: -1,
  Z_STREAM_ERROR: -2,
  Z_DATA_ERROR: -3,
  Z_MEM_ERROR: -4,
  Z_BUF_ERROR: -5,
  Z_VERSION_ERROR: -6,
};
const byNumber = Object.entries(ERRORS).map(([name, number]) => [number, name]);
const codes = Object.freeze({ ...ERRORS, ...Object.fromEntries(byNumber) });
for (const [name, value] of Object.entries({ codes, constants: zlib.constants })) {
  Object.defineProperty(zlib, name, { value, enumerable: true, writable: false, configurable: false });
}

export default zlib;
