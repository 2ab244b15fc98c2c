// `fs.ReadStream` and `fs.WriteStream`: files as streams.

import { Buffer } from "node:buffer";
import stream from "node:stream";
import { invalidArgType, outOfRange, validateFunction, validateInteger } from "./errors.ts";

type Done = (error?: Error | null) => void;
type Count = (error: Error | null, count: number) => void;

/** The functions of `node:fs` that streams use. */
interface Files {
  open(path: unknown, flags: string, mode: number, done: (error: Error | null, fd: number) => void): void;
  close(fd: number, done: Done): void;
  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null, done: Count): void;
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number | null, done: Count): void;
}
interface Handle {
  fd: number;
  close(): Promise<void>;
}
interface Options {
  autoClose?: boolean;
  emitClose?: boolean;
  encoding?: string;
  end?: number;
  fd?: number | Handle | null;
  flags?: string;
  highWaterMark?: number;
  mode?: number;
  signal?: AbortSignal;
  start?: number;
}
interface StreamBase {
  destroy(error?: Error | null): this;
  emit(name: string, ...args: unknown[]): boolean;
  once(name: string, listener: (...args: never[]) => void): this;
  push(chunk: unknown): boolean;
  setDefaultEncoding(encoding: string): this;
  readonly closed: boolean;
}
interface WritableBase extends StreamBase {
  end(): this;
}
const { Readable, Writable } = stream as unknown as {
  Readable: new (options: object) => StreamBase;
  Writable: new (options: object) => WritableBase;
};

const HIGH_WATER_MARK = 65_536;
const MODE = 0o666;

function checked(given: unknown): Options {
  if (given === undefined || given === null) return {};
  if (typeof given === "string") return { encoding: given };
  if (typeof given !== "object") throw invalidArgType("options", ["string", "Object"], given);
  const { start, end } = given as Options;
  if (start !== undefined) validateInteger(start, "start", 0);
  if (end !== undefined && end !== Number.POSITIVE_INFINITY) validateInteger(end, "end", 0);
  if (start !== undefined && end !== undefined && start > end) {
    throw outOfRange("start", `<= "end" (here: ${end})`, start);
  }
  return given as Options;
}

/** An open file of a stream. */
class Opened {
  fd: number | null = null;
  readonly #files: Files;
  readonly #handle: Handle | undefined;
  readonly #isKept: boolean;

  constructor(files: Files, { fd, autoClose = true }: Options) {
    this.#files = files;
    this.#isKept = !autoClose;
    if (typeof fd === "number") this.fd = fd;
    else if (fd) [this.#handle, this.fd] = [fd, fd.fd];
  }

  open(of: StreamBase, path: unknown, flags: string, mode: number, done: Done) {
    if (this.fd !== null) return done();
    this.#files.open(path, flags, mode, (error, fd) => {
      if (error) return done(error);
      this.fd = fd;
      done();
      of.emit("open", fd);
      of.emit("ready");
    });
  }

  close(error: Error | null, done: Done) {
    const { fd } = this;
    if (fd === null || this.#isKept) return done(error);
    this.fd = null;
    if (this.#handle === undefined) return this.#files.close(fd, (failure) => done(error ?? failure ?? null));
    this.#handle.close().then(
      () => done(error),
      (failure) => done(error ?? failure),
    );
  }
}

/** The path of a file URL; other paths are as they are given. */
const pathOf = (path: unknown) => (path instanceof URL ? decodeURIComponent(path.pathname) : path);

function whenClosed(of: StreamBase, callback: unknown) {
  if (callback === undefined) return;
  validateFunction(callback, "cb");
  if (of.closed) queueMicrotask(callback as () => void);
  else of.once("close", callback as () => void);
}

/** The classes, over the functions of `node:fs`. */
export function streamsOf(files: Files) {
  class ReadStream extends Readable {
    readonly path: unknown;
    readonly flags: string;
    readonly mode: number;
    readonly start: number | undefined;
    readonly end: unknown;
    readonly #last: number;
    pos: number | undefined;
    bytesRead = 0;
    readonly #opened: Opened;

    constructor(path: unknown, given?: unknown) {
      const options = checked(given);
      const { autoClose = true, emitClose = true, encoding, highWaterMark = HIGH_WATER_MARK, signal } = options;
      super({ autoDestroy: autoClose, emitClose, encoding, highWaterMark, signal });
      this.path = pathOf(path);
      this.flags = options.flags ?? "r";
      this.mode = options.mode ?? MODE;
      this.start = options.start;
      this.pos = options.start;
      this.end = options.end;
      this.#last = options.end ?? Number.POSITIVE_INFINITY;
      this.#opened = new Opened(files, options);
    }

    get fd() {
      return this.#opened.fd;
    }

    get pending() {
      return this.fd === null;
    }

    _construct(done: Done) {
      this.#opened.open(this, this.path, this.flags, this.mode, done);
    }

    _read(wanted: number) {
      const length = Math.min(this.#last - (this.pos ?? this.bytesRead) + 1, wanted);
      if (length <= 0) return void this.push(null);
      const bytes = Buffer.alloc(length);
      files.read(this.fd as number, bytes, 0, length, this.pos ?? null, (error, count) => {
        if (error) return void this.destroy(error);
        if (this.pos !== undefined) this.pos += count;
        this.bytesRead += count;
        this.push(count === 0 ? null : bytes.subarray(0, count));
      });
    }

    _destroy(error: Error | null, done: Done) {
      this.#opened.close(error, done);
    }

    close(callback?: unknown) {
      whenClosed(this, callback);
      this.destroy();
    }
  }

  class WriteStream extends Writable {
    readonly path: unknown;
    readonly flags: string;
    readonly mode: number;
    readonly start: number | undefined;
    pos: number | undefined;
    bytesWritten = 0;
    readonly #opened: Opened;

    constructor(path: unknown, given?: unknown) {
      const options = checked(given);
      const { autoClose = true, emitClose = true, encoding, highWaterMark = HIGH_WATER_MARK, signal } = options;
      super({ autoDestroy: autoClose, decodeStrings: true, emitClose, highWaterMark, signal });
      this.path = pathOf(path);
      this.flags = options.flags ?? (options.start === undefined ? "w" : "r+");
      this.mode = options.mode ?? MODE;
      this.start = options.start;
      this.pos = options.start;
      this.#opened = new Opened(files, options);
      if (encoding !== undefined) this.setDefaultEncoding(encoding);
    }

    get fd() {
      return this.#opened.fd;
    }

    get pending() {
      return this.fd === null;
    }

    _construct(done: Done) {
      this.#opened.open(this, this.path, this.flags, this.mode, done);
    }

    _write(bytes: Uint8Array, _encoding: string, done: Done) {
      files.write(this.fd as number, bytes, 0, bytes.length, this.pos ?? null, (error, count) => {
        if (error) return done(error);
        this.bytesWritten += count;
        if (this.pos !== undefined) this.pos += count;
        done();
      });
    }

    _destroy(error: Error | null, done: Done) {
      this.#opened.close(error, done);
    }

    close(callback?: unknown) {
      whenClosed(this, callback);
      this.once("finish", () => this.destroy());
      this.end();
    }

    destroySoon() {
      return this.end();
    }
  }

  return { ReadStream, WriteStream };
}
