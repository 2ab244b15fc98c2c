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
