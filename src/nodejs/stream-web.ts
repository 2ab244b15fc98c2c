// From streams of Node to streams of the web, and back, with their flow control.

import { Buffer } from "node:buffer";
import { invalidArgType } from "./errors.ts";

type Done = (error?: unknown) => void;
interface NodeStream {
  on(name: string, listener: (...args: never[]) => void): void;
  once(name: string, listener: (...args: never[]) => void): void;
  off(name: string, listener: (...args: never[]) => void): void;
  destroy(error?: unknown): void;
  push(chunk: unknown): boolean;
  pause(): void;
  resume(): void;
  write(chunk: unknown, done?: Done): boolean;
  end(done?: () => void): void;
  destroyed: boolean;
  readableObjectMode?: boolean;
  writableObjectMode?: boolean;
  readableHighWaterMark?: number;
}
interface StreamClass {
  new (options: object): NodeStream;
  fromWeb?: unknown;
  toWeb?: unknown;
}
type Streams = Record<string, unknown>;
type Finished = (stream: NodeStream, options: object, done: Done) => void;
interface Pair {
  readable: ReadableStream;
  writable: WritableStream;
}

/** Gives the classes `fromWeb` and `toWeb`. */
export function bridge(streams: Streams) {
  const { Readable, Writable, Duplex } = streams as Record<string, StreamClass>;
  const finished = streams.finished as Finished;

  const readableOptions = (stream: ReadableStream, options: object) => {
    if (!(stream instanceof ReadableStream)) throw invalidArgType("readableStream", "ReadableStream", stream);
    const reader = stream.getReader();
    let isDone = false;
    return {
      ...options,
      read(this: NodeStream) {
        reader.read().then(
          ({ done, value }) => {
            isDone = done;
            this.push(done ? null : value);
          },
          (error) => this.destroy(error),
        );
      },
      destroy(error: unknown, done: Done) {
        const end = () => done(error);
        if (isDone) return end();
        reader.cancel(error ?? undefined).then(end, end);
      },
    };
  };

  const writableOptions = (stream: WritableStream, options: object) => {
    if (!(stream instanceof WritableStream)) throw invalidArgType("writableStream", "WritableStream", stream);
    const writer = stream.getWriter();
    let isClosed = false;
    return {
      ...options,
      write(chunk: unknown, _encoding: string, done: Done) {
        writer.ready.then(() => writer.write(chunk)).then(() => done(), done);
      },
      final(done: Done) {
        isClosed = true;
        writer.close().then(() => done(), done);
      },
      destroy(error: unknown, done: Done) {
        const end = () => done(error);
        if (isClosed) return end();
        writer.abort(error ?? undefined).then(end, end);
      },
    };
  };

  const toReadable = (stream: NodeStream) => {
    const isObject = stream.readableObjectMode === true;
    const strategy = isObject
      ? new CountQueuingStrategy({ highWaterMark: stream.readableHighWaterMark ?? 16 })
      : new ByteLengthQueuingStrategy({ highWaterMark: stream.readableHighWaterMark ?? 65536 });
    let isOver = false;
    const start = (controller: ReadableStreamDefaultController) => {
      stream.pause();
      finished(stream, { writable: false }, (error) => {
        if (isOver) return;
        isOver = true;
        if (error) controller.error(error);
        else controller.close();
      });
      stream.on("data", (chunk: unknown) => {
        if (isOver) return;
        controller.enqueue(Buffer.isBuffer(chunk) && !isObject ? new Uint8Array(chunk) : chunk);
        if ((controller.desiredSize as number) <= 0) stream.pause();
      });
      stream.pause();
    };
    return new ReadableStream(
      {
        start,
        pull: () => stream.resume(),
        cancel(reason) {
          isOver = true;
          stream.destroy(reason);
        },
      },
      strategy,
    );
  };

  const toWritable = (stream: NodeStream) => {
    let fail: Done = () => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    failed.catch(() => {});
    return new WritableStream({
      start(controller) {
        finished(stream, { readable: false }, (error) => {
          if (!error) return;
          fail(error);
          controller.error(error);
        });
      },
      async write(chunk) {
        if (stream.write(chunk)) return;
        await Promise.race([new Promise<void>((resolve) => stream.once("drain", resolve)), failed]);
      },
      close: () => Promise.race([new Promise<void>((resolve) => stream.end(resolve)), failed]),
      abort: (reason) => stream.destroy(reason),
    });
  };

  const isObjects = { objectMode: true };
  Readable.fromWeb = (stream: ReadableStream, options: object = {}) => new Readable(readableOptions(stream, options));
  Readable.toWeb = toReadable;
  Writable.fromWeb = (stream: WritableStream, options: object = {}) =>
    new Writable(writableOptions(stream, { decodeStrings: false, ...options }));
  Writable.toWeb = toWritable;
  Duplex.fromWeb = ({ readable, writable }: Pair, options: object = {}) => {
    const [reading, writing] = [readableOptions(readable, options), writableOptions(writable, options)];
    return new Duplex({
      ...isObjects,
      ...options,
      ...reading,
      ...writing,
      destroy(error: unknown, done: Done) {
        reading.destroy.call(this as never, error, () => writing.destroy.call(this as never, error, done));
      },
    });
  };
  Duplex.toWeb = (stream: NodeStream) => ({ readable: toReadable(stream), writable: toWritable(stream) });
}
