// `node:zlib`: computed by Node, whole inputs in one call and streams piece by piece.

import { Buffer } from "node:buffer";
import stream from "node:stream";
import * as constants from "unenv/node/internal/zlib/constants";
import { checkedCallback, callLater } from "./callbacks.ts";
import { invalidArgType, outOfRange, validateFunction } from "./errors.ts";
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

/** A chunk that asks for a flush, in order with the input. */
class Flush {
  readonly flag: number | undefined;

  constructor(flag: number | undefined) {
    this.flag = flag;
  }
}

/** A stream that compresses or decompresses what is written to it. */
class ZlibBase extends Transform {
  readonly #remote: Remote;
  bytesWritten = 0;

  constructor(kind: string, options: Options = {}) {
    super({ ...options, decodeStrings: true, writableObjectMode: false });
    const { chunkSize } = options;
    if (chunkSize !== undefined && (typeof chunkSize !== "number" || chunkSize < 64)) {
      throw typeof chunkSize === "number"
        ? outOfRange("options.chunkSize", ">= 64", chunkSize)
        : invalidArgType("options.chunkSize", "number", chunkSize);
    }
    this.#remote = new Remote("codec", kind, options);
  }

  #give(output: unknown) {
    if ((output as Uint8Array).length > 0) this.push(output);
  }

  _transform(chunk: Uint8Array, _encoding: string, done: Done) {
    try {
      this.bytesWritten += chunk.length;
      this.#give(this.#remote.call("write", chunk));
    } catch (error) {
      return done(error);
    }
    done();
  }

  _flush(done: Done) {
    try {
      this.#give(this.#remote.call("end"));
    } catch (error) {
      return done(error);
    }
    this.#remote.close();
    done();
  }

  /** Gives out what can be given of the input so far. */
  flush(kind?: unknown, callback?: Done) {
    const [flag, done] =
      typeof kind === "function" ? [undefined, kind as Done] : [kind as number | undefined, callback];
    // After what has been written.
    this.write(new Uint8Array(), () => {
      try {
        this.#give(this.#remote.call("flush", new Flush(flag).flag));
      } catch (error) {
        return this.destroy(error);
      }
      done?.();
    });
  }

  close(callback?: () => void) {
    if (callback !== undefined) {
      validateFunction(callback, "callback");
      if (this.destroyed) queueMicrotask(callback);
      else this.once("close", callback);
    }
    this.destroy();
  }

  get bytesRead() {
    return this.bytesWritten;
  }
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
  const Class = {
    [kind]: class extends ZlibBase {
      constructor(options?: Options) {
        super(kind, options);
      }
    },
  }[kind];
  zlib[kind] = new Proxy(Class, { apply: (target, _self, args) => Reflect.construct(target, args) });
  zlib[`create${kind}`] = (options?: Options) => new Class(options);
}

for (const name of CALLS) {
  const sync = `${name}Sync`;
  zlib[sync] = (data: Input, options?: Options) => call("zlib", sync, bytesOf(data), options);
  zlib[name] = (data: Input, ...rest: unknown[]) => {
    const callback = rest.pop();
    checkedCallback(callback);
    const bytes = bytesOf(data);
    callLater(() => [call("zlib", sync, bytes, rest[0])], callback);
  };
}

zlib.crc32 = (data: Input, value = 0) =>
  call("zlib", "crc32", typeof data === "string" ? Buffer.from(data) : data, value);

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
zlib.codes = Object.freeze({ ...ERRORS, ...Object.fromEntries(byNumber) });

export default zlib;
