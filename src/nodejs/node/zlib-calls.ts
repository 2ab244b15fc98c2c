// What a worker's `node:zlib` computes in Node: whole inputs, and streams, piece by piece.

import zlib from "node:zlib";
import * as streams from "minizlib";

type AnyFunction = (...args: never[]) => unknown;

const PASSED = [
  ...["brotliCompressSync", "brotliDecompressSync", "crc32", "deflateRawSync", "deflateSync", "gunzipSync", "gzipSync"],
  ...["inflateRawSync", "inflateSync", "unzipSync", "zstdCompressSync", "zstdDecompressSync"],
];
const all = zlib as unknown as Record<string, AnyFunction | undefined>;

function missing(name: string): AnyFunction {
  return () => {
    throw Object.assign(new Error(`The zlib.${name} method is not implemented by Node ${process.version}`), {
      code: "ERR_METHOD_NOT_IMPLEMENTED",
    });
  };
}

const functions: Record<string, AnyFunction> = {
  ...Object.fromEntries(PASSED.map((name) => [name, all[name] ?? missing(name)])),
  constants: () => ({ ...zlib.constants }),
};

interface Engine {
  on(name: string, listener: (value: never) => void): void;
  write(chunk: Uint8Array): boolean;
  flush(flag?: number): void;
  params?(level: number, strategy: number): void;
  end(): void;
}
type EngineClass = new (options: object) => Engine;

/** A stream that compresses or decompresses: it answers each input with the output that there is by then. */
class Codec {
  readonly #engine: Engine;
  #output: Uint8Array[] = [];
  #error: Error | undefined;

  constructor(kind: string, options: object = {}) {
    const Engine = (streams as unknown as Record<string, EngineClass>)[kind];
    if (Engine === undefined || !KINDS.has(kind)) throw missing(kind)() as never;
    // Node's own class checks the options, with its own errors.
    const Own = (zlib as unknown as Record<string, (new (options: object) => { close(): void }) | undefined>)[kind];
    if (Own === undefined) throw missing(kind)() as never;
    new Own(options).close();
    this.#engine = new Engine(options);
    this.#engine.on("data", (chunk: Uint8Array) => this.#output.push(chunk));
    this.#engine.on("error", (error: Error) => {
      this.#error = error;
    });
  }

  write(chunk: unknown): Uint8Array {
    // Node's engine ends the process for anything else.
    if (!(chunk instanceof Uint8Array)) throw new TypeError(`A codec takes bytes, got ${typeof chunk}`);
    return this.#run(() => this.#engine.write(chunk));
  }

  flush(flag?: number): Uint8Array {
    return this.#run(() => this.#engine.flush(flag));
  }

  params(level: number, strategy: number): Uint8Array {
    return this.#run(() => this.#engine.params?.(level, strategy));
  }

  end(): Uint8Array {
    return this.#run(() => this.#engine.end());
  }

  #run(work: () => void): Uint8Array {
    try {
      work();
    } catch (error) {
      this.#error ??= error as Error;
    }
    if (this.#error !== undefined) throw plain(this.#error);
    const output = Buffer.concat(this.#output);
    this.#output = [];
    return output;
  }
}

/** The error as Node's own streams have it. */
function plain(error: Error): Error {
  const { code, errno } = error as NodeJS.ErrnoException;
  return Object.assign(new Error(error.message.replace(/^zlib: /, "")), { errno, code });
}

const KINDS = new Set([
  ...["BrotliCompress", "BrotliDecompress", "Deflate", "DeflateRaw", "Gunzip", "Gzip", "Inflate", "InflateRaw"],
  ...["Unzip", "ZstdCompress", "ZstdDecompress"],
]);

const objects: Record<string, [make: AnyFunction, ...methods: string[]]> = {
  codec: [(kind: string, options?: object) => new Codec(kind, options), "write", "flush", "params", "end"],
};

export { functions, objects };
