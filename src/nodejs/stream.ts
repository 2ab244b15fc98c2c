// `node:stream` and its parts: the library's streams, with the bridges to the web's that it lacks.

import library from "readable-stream/lib/stream.js";
import { bridge } from "./stream-web.ts";
import { abortError } from "./errors.ts";
import consumers from "./stream-consumers.ts";

type Stream = Record<string, unknown>;

const stream = library as unknown as Stream & { promises: object };
bridge(stream);
Object.assign(stream, {
  _isArrayBufferView: ArrayBuffer.isView,
  duplexPair,
  isDestroyed: (one: { destroyed?: boolean }) => one.destroyed ?? null,
});

interface Disposed {
  destroyed: boolean;
  writableFinished: boolean;
  destroy(error?: Error): void;
}
type Finished = (stream: object, callback: (error?: Error | null) => void) => void;

/** Ends with `await using`, which the library's writable streams do not know. */
function disposeOf(this: Disposed) {
  if (!this.destroyed) this.destroy(this.writableFinished ? undefined : abortError());
  return new Promise<null>((resolve, reject) => {
    (stream.finished as Finished)(this, (error) =>
      error && error.name !== "AbortError" ? reject(error) : resolve(null),
    );
  });
}
for (const name of ["Writable", "Duplex"]) {
  const { prototype } = stream[name] as { prototype: object };
  Object.defineProperty(prototype, Symbol.asyncDispose, { value: disposeOf, writable: true, configurable: true });
}

interface Side {
  push(chunk: unknown): boolean;
  peer: Side;
  resume: (() => void) | undefined;
}
type SideClass = new (options: object) => Side;

/** Two streams, each of which reads what the other writes. */
function duplexPair(options: object = {}) {
  const Duplex = stream.Duplex as SideClass;
  const make = (): Side =>
    new Duplex({
      ...options,
      read(this: Side) {
        const { resume } = this;
        this.resume = undefined;
        resume?.();
      },
      write(this: Side, chunk: Uint8Array, _encoding: string, done: () => void) {
        if (chunk.length === 0) return queueMicrotask(done);
        this.peer.resume = done;
        this.peer.push(chunk);
      },
      final(this: Side, done: () => void) {
        this.peer.push(null);
        done();
      },
    });
  const sides = [make(), make()];
  [sides[0].peer, sides[1].peer] = [sides[1], sides[0]];
  return sides;
}

/** The streams of the web, which `node:stream/web` has under the same names. */
const web = {
  ByteLengthQueuingStrategy,
  CompressionStream,
  CountQueuingStrategy,
  DecompressionStream,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TextDecoderStream,
  TextEncoderStream,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
};

const { promises } = stream;

export { consumers, promises, web };
export default stream;
