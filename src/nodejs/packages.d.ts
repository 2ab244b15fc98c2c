// The packages that scripts of Node's modules are made of, as far as these use them.

declare module "buffer/" {
  export const Buffer: Uint8ArrayConstructor;
}

declare module "events/" {
  interface Base {
    prototype: object;
    init(this: object): void;
    defaultMaxListeners: number;
  }
  const base: Base;
  export default base;
}

declare module "node-inspect-extracted" {
  interface Inspect {
    (value: unknown, options?: object): string;
    colors: Record<string, [on: number, off: number]>;
    custom: symbol;
  }
  export const inspect: Inspect;
  export const format: (...args: unknown[]) => string;
  export const formatWithOptions: (options: object, ...args: unknown[]) => string;
  export const stripVTControlCharacters: (text: string) => string;
}

declare module "@pkgjs/parseargs" {
  export const parseArgs: (config?: object) => object;
}

declare module "@jsonjoy.com/fs-core" {
  export const createError: (code: string, syscall?: string, path?: string, destination?: string) => Error;
  export interface Node {
    perm: number;
    nlink: number;
    readonly symlink: string;
    isSymlink(): boolean;
    isDirectory(): boolean;
    setBuffer(bytes: Uint8Array): void;
    readonly ino: number;
  }
  export interface Link {
    readonly steps: string[];
    readonly children: Map<string, Link>;
    length: number;
    createChild(name: string, node: Node): Link;
    getChild(name: string): Link | undefined;
    getNode(): Node;
  }
  export interface File {
    readonly flags: number;
    readonly link: Link;
  }
  export class Superblock {
    constructor(options: { process: object });
    readonly root: Link;
    readonly releasedFds: number[];
    createNode(mode: number): Node;
    filenameToSteps(path: string): string[];
    getLink(steps: string[]): Link | null;
    getResolvedLink(steps: string[]): Link | null;
    getFileByFdOrThrow(descriptor: number, syscall: string): File;
    readonly inodes: Record<number, Node>;
    mkdir: (path: string, mode: number) => void;
    mkdirp: (path: string, mode: number) => string | undefined;
    ftruncate: (descriptor: number, length?: number) => void;
    read: (descriptor: number, ...rest: unknown[]) => number;
    readv: (descriptor: number, ...rest: unknown[]) => number;
    rename: (from: string, to: string) => void;
    rm: (path: string, force?: boolean, recursive?: boolean) => void;
    symlink(target: string, path: string): unknown;
    unlink: (path: string) => void;
    openFile(path: string, flags: number, mode: number, resolvesLinks?: boolean): File;
    write(descriptor: number, bytes: Uint8Array, offset: number, length: number, position: unknown): number;
    newFdNumber(): number;
  }
}

declare module "@jsonjoy.com/fs-node" {
  import type { Superblock } from "@jsonjoy.com/fs-core";

  export const fsCallbackApiList: Iterable<string>;
  export const fsSynchronousApiList: Iterable<string>;
  export const toUnixTimestamp: (time: unknown) => number;
  export class Dir {}
  export class Dirent {}
  export class FileHandle {}
  export class Stats {}
  export class Volume {
    constructor(files: Superblock);
    readonly promises: object;
  }
}

declare module "path-browserify" {
  const path: { resolve(...parts: string[]): string };
  export default path;
}

declare module "readable-stream/lib/stream.js" {
  const stream: object;
  export default stream;
}

declare module "whatwg-mimetype" {
  interface Parameters extends Iterable<[string, string]> {
    delete(name: string): boolean;
    get(name: string): string | undefined;
    has(name: string): boolean;
    set(name: string, value: string): this;
    entries(): Iterator<[string, string]>;
    keys(): Iterator<string>;
    values(): Iterator<string>;
  }
  export class MIMEType {
    constructor(text: string);
    type: string;
    subtype: string;
    readonly essence: string;
    readonly parameters: Parameters;
    toString(): string;
  }
}

declare module "unenv/node/http" {
  export const METHODS: string[];
  export const STATUS_CODES: Record<number, string>;
}

declare module "unenv/node/*" {
  const module: object;
  export default module;
}

declare module "node:async_hooks" {
  export { AsyncLocalStorage, AsyncResource } from "ext:miniflare/nodejs/async-hooks.ts";
}

declare module "node:buffer" {
  export interface Buffer extends Uint8Array<ArrayBufferLike> {
    toString(encoding?: string): string;
    equals(other: Uint8Array): boolean;
  }
  export const Buffer: {
    from(value: unknown, encodingOrOffset?: unknown, length?: number): Buffer;
    concat(list: Uint8Array[], length?: number): Buffer;
    alloc(size: number): Buffer;
    isBuffer(value: unknown): value is Buffer;
  };
}

declare module "node:events" {
  const EventEmitter: object;
  export default EventEmitter;
}

declare module "node:util" {
  export { inspect } from "ext:miniflare/nodejs/inspect.ts";
}

declare module "node:string_decoder" {
  export const StringDecoder: new (
    encoding: unknown,
  ) => {
    readonly encoding: string;
    write(bytes: Uint8Array): string;
    end(bytes?: Uint8Array): string;
  };
}

declare module "node:stream" {
  const stream: object;
  export default stream;
}

declare module "node:internal/lazy_transform" {
  /** A stream of Node's whose state is made when it is first used as one. */
  export default class LazyTransform {
    constructor(options?: object);
    push(chunk: unknown): boolean;
  }
}

declare module "unenv/node/internal/crypto/constants" {
  const constants: number;
  export { constants };
}

declare module "unenv/node/internal/zlib/constants" {
  export const Z_FINISH: number;
}

declare module "unenv/node/internal/fs/constants" {
  export const F_OK: number;
}

declare module "unenv/node/internal/dns/constants" {
  export const NOTFOUND: string;
}
