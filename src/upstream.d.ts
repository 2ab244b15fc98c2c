// What the worker's half uses of deno_core and of the scripts of Deno's crates, as far as it uses it. Their sources are
// the crates `deno_core`, `deno_web`, `deno_fetch`, `deno_crypto` and `deno_webidl`.

import type { Continuation } from "./realm/context.ts";

/** What an inner body holds in memory, and whether that was used. */
export interface HeldBody {
  body: string | Uint8Array<ArrayBuffer>;
  consumed: boolean;
}

export type BodySource = string | Uint8Array | Blob | FormData | URLSearchParams | object;

/** A body: in memory (`streamOrStatic.body`), or a stream. */
export interface InnerBody {
  streamOrStatic: HeldBody & ReadableStream;
  source: BodySource | null;
  length: number | null;
  readonly stream: ReadableStream;
  consume(): Promise<string | Uint8Array<ArrayBuffer>>;
  consumed(): boolean;
  cancel(reason?: unknown): unknown;
  error(reason: unknown): void;
}

export type HeaderList = [name: string, value: string][];
type Guard = "immutable" | "request" | "request-no-cors" | "response" | "none";

export interface InnerRequest {
  method: string;
  url(): string;
  headerList: HeaderList;
  urlList: (string | (() => string))[];
  body: InnerBody | null;
  redirectMode: RequestRedirect;
  integrity: string;
  /** Called when the signal is first read, with what aborts it and the request. */
  onCancel?: (abort: (reason: unknown) => void, request: Request) => void;
}

export interface InnerResponse {
  status: number;
  statusMessage: string;
  headerList: HeaderList;
  urlList: (string | (() => string))[];
  body: InnerBody | null;
}

interface ConverterOptions {
  enforceRange?: boolean;
}

type Converter<Value> = (value: unknown, prefix?: string, context?: string, options?: ConverterOptions) => Value;

interface WebIdl {
  readonly brand: unique symbol;
  readonly converters: Record<string, Converter<unknown>> & {
    DOMString: Converter<string>;
    long: Converter<number>;
    "unsigned long long": Converter<number>;
  };
  configureInterface(face: object): void;
  requiredArguments(length: number, required: number, prefix: string): void;
}

/** A part of a blob: of upstream's own, in memory, or one that a room has made. */
export interface BlobPart {
  readonly size: number;
  readonly _id: string;
  slice(start: number, end: number): BlobPart;
  stream(): AsyncIterable<Uint8Array>;
}

/** A key by what it is made of. */
interface KeyMaterial {
  type: KeyType;
  data: Uint8Array<ArrayBuffer>;
}

interface CryptoKeyClass {
  readonly prototype: CryptoKey;
  readonly name: string;
  new (): CryptoKey;
  exportNodeMaterial(key: CryptoKey): KeyMaterial;
  importSync(format: string, bytes: Uint8Array, algorithm: object, extractable: boolean, usages: string[]): CryptoKey;
}

/** A method of `crypto.subtle`, whose arguments are what a script gave. */
export type SubtleMethod = (this: unknown, ...args: unknown[]) => Promise<unknown>;

/** What the console shows of a value. */
export type Inspect = (value: unknown, options?: unknown) => string;

export interface ReadRequest {
  chunkSteps(chunk: unknown): void;
  closeSteps(): void;
  errorSteps(error: unknown): void;
}

/** What upstream's bodies call of the controller of a stream that they fill. */
export interface BodyController {
  enqueue(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** The scripts that are there from the beginning, or loaded by the snapshot. */
export interface Scripts {
  "ext:deno_crypto/00_crypto.js": {
    crypto: Crypto;
    Crypto: { readonly prototype: Crypto; readonly name: string; registerSymbols(...symbols: symbol[]): void };
    CryptoKey: CryptoKeyClass;
    SubtleCrypto: { readonly prototype: Record<string, SubtleMethod>; readonly name: string };
  };
  "ext:deno_fetch/20_headers.js": { Headers: typeof Headers };
  "ext:deno_fetch/22_body.js": {
    InnerBody: new (held?: HeldBody | ReadableStream) => InnerBody;
    extractBody(source: unknown): { body: InnerBody; contentType: string | null };
  };
  "ext:deno_fetch/23_request.js": {
    Request: typeof Request;
    fromInnerRequest(inner: InnerRequest, guard: Guard): Request;
    newInnerRequest(
      method: string,
      url: string | (() => string),
      headerList: () => HeaderList,
      body: InnerBody | null,
      maybeBlob: boolean,
    ): InnerRequest;
    toInnerRequest(request: Request): InnerRequest;
  };
  "ext:deno_fetch/23_response.js": {
    Response: typeof Response;
    fromInnerResponse(inner: InnerResponse, guard: Guard): Response;
    newInnerResponse(status?: number, statusMessage?: string): InnerResponse;
    nullBodyStatus(status: number): boolean;
    redirectStatus(status: number): boolean;
    toInnerResponse(response: Response): InnerResponse;
  };
  "ext:deno_web/00_infra.js": {
    byteLowerCase(text: string): string;
    forgivingBase64Encode(bytes: Uint8Array): string;
  };
  "ext:deno_web/00_url.js": { URL: typeof URL; URLSearchParams: typeof URLSearchParams };
  "ext:deno_web/01_console.js": LazyScripts["ext:deno_web/01_console.js"];
  "ext:deno_web/01_dom_exception.js": { DOMException: typeof DOMException };
  "ext:deno_web/02_event.js": {
    CloseEvent: typeof CloseEvent;
    CustomEvent: typeof CustomEvent;
    ErrorEvent: typeof ErrorEvent;
    Event: typeof Event;
    eventTargetData: symbol;
    EventTarget: typeof EventTarget;
    kResistStopImmediatePropagation: symbol;
    MessageEvent: typeof MessageEvent;
    PromiseRejectionEvent: typeof PromiseRejectionEvent;
    saveGlobalThisReference(global: object): void;
    setCurrentTarget(event: Event, target: object | null): void;
    setEventTargetData(target: object): void;
    setTarget(event: Event, target: object): void;
  };
  "ext:deno_web/03_abort_signal.js": {
    AbortController: typeof AbortController;
    AbortSignal: typeof AbortSignal;
    newSignal(): Signal;
    readonly add: symbol;
    readonly remove: symbol;
    readonly signalAbort: symbol;
  };
  "ext:deno_web/05_base64.js": { atob(data: string): string; btoa(data: string): string };
  "ext:deno_web/08_text_encoding.js": {
    TextDecoder: typeof TextDecoder;
    TextDecoderStream: typeof TextDecoderStream;
    TextEncoder: typeof TextEncoder;
    TextEncoderStream: typeof TextEncoderStream;
  };
  "ext:deno_web/09_file.js": {
    Blob: typeof Blob;
    File: typeof File;
    getPartRefs(blob: Blob): BlobPart[];
    markFileBackedBlob(blob: Blob): void;
    setParts(blob: Blob, parts: object[], size: number): void;
  };
  "ext:deno_web/13_message_port.js": {
    isUncloneable(value: unknown): boolean;
    markNotSerializable(prototype: object): void;
    structuredClone(value?: unknown, options?: unknown): unknown;
  };
  "ext:deno_webidl/00_webidl.js": WebIdl;
}

/** A signal, with methods that only upstream and the runtime call: `add` and `remove` algorithms, and `signalAbort`. */
export interface Signal extends AbortSignal {
  [method: symbol]: (argument: unknown) => void;
}

/** The streams of the realm. */
export interface StreamScript {
  ReadableStream: typeof ReadableStream;
  ReadableStreamBYOBReader: typeof ReadableStreamBYOBReader;
  TransformStream: typeof TransformStream;
  WritableStream: typeof WritableStream;
  createReadableStream(
    start: () => void,
    pull: (controller: BodyController) => unknown,
    cancel: (reason: unknown) => unknown,
  ): ReadableStream;
  createReadableByteStream(
    start: () => void,
    pull: (controller: ReadableByteStreamController) => unknown,
    cancel: (reason: unknown) => unknown,
  ): ReadableStream;
  isReadableStreamDisturbed(stream: ReadableStream): boolean;
  isReadableStreamFilled(stream: ReadableStream): boolean;
  readableStreamDefaultReaderRead(reader: ReadableStreamDefaultReader, request: ReadRequest): void;
  readableStreamForRid(rid: number): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The scripts that are loaded when they are first used. Rooms add theirs. */
export interface LazyScripts {
  "ext:deno_fetch/21_formdata.js": { FormData: typeof FormData };
  "ext:deno_web/01_console.js": {
    createFilteredInspectProxy(shown: { object: object; evaluate: boolean; keys: readonly string[] }): object;
    inspect: Inspect;
  };
  "ext:deno_web/06_streams.js": StreamScript;
}

interface Core {
  /** Calls both functions with the arguments, and `this`, without a frame of its own. */
  callConsole(
    this: unknown,
    first: (...args: unknown[]) => void,
    second: (...args: unknown[]) => void,
    ...args: unknown[]
  ): void;
  /** V8's own console, which the inspector listens to. */
  console: Record<string, (...args: unknown[]) => void>;
  abortWasmStreaming(rid: number, error: unknown): void;
  close(rid: number): void;
  decode(bytes: Uint8Array): string;
  deserialize(bytes: Uint8Array): unknown;
  encode(text: string): Uint8Array<ArrayBuffer>;
  getAsyncContext(): Continuation | undefined;
  /** The state of a promise, 0 pending, 1 kept, 2 broken, and its result. */
  /** V8 calls `init` when it makes a promise, `before` and `after` around what reacts to one, `resolve` when it is resolved. */
  setPromiseHooks(
    init: (promise: object, parent?: object) => void,
    before: (promise: object) => void,
    after: ((promise: object) => void) | undefined,
    resolve: (promise: object) => void,
  ): void;
  getPromiseDetails(promise: Promise<unknown>): [state: number, result: unknown];
  isAnyArrayBuffer(value: unknown): value is ArrayBuffer;
  isArgumentsObject(value: unknown): value is object;
  isArrayBuffer(value: unknown): value is ArrayBuffer;
  isAsyncFunction(value: unknown): value is object;
  isBigIntObject(value: unknown): value is object;
  isBooleanObject(value: unknown): value is object;
  isBoxedPrimitive(value: unknown): value is object;
  isDataView(value: unknown): value is DataView;
  isDate(value: unknown): value is Date;
  isGeneratorFunction(value: unknown): value is object;
  isGeneratorObject(value: unknown): value is object;
  isMap(value: unknown): value is Map<unknown, unknown>;
  isMapIterator(value: unknown): value is object;
  isModuleNamespaceObject(value: unknown): value is object;
  isNumberObject(value: unknown): value is object;
  isPromise(value: unknown): value is Promise<unknown>;
  isRegExp(value: unknown): value is RegExp;
  isSet(value: unknown): value is Set<unknown>;
  isSetIterator(value: unknown): value is object;
  isSharedArrayBuffer(value: unknown): value is SharedArrayBuffer;
  isStringObject(value: unknown): value is object;
  isSymbolObject(value: unknown): value is object;
  isTypedArray(value: unknown): value is Uint8Array;
  isWeakMap(value: unknown): value is WeakMap<object, unknown>;
  isWeakSet(value: unknown): value is WeakSet<object>;
  isNativeError(value: unknown): value is Error;
  isProxy(value: unknown): boolean;
  loadExtScript: <Specifier extends keyof Scripts>(specifier: Specifier) => Scripts[Specifier];
  /** By their names. */
  ops: Record<string, (...args: unknown[]) => unknown>;
  registerErrorBuilder(code: string, build: (message: string) => Error): void;
  serialize(value: unknown): Uint8Array<ArrayBuffer>;
  setAsyncContext(continuation: Continuation | undefined): void;
  setReportExceptionCallback(report: (error: unknown) => void): void;
  setUpAsyncStub(name: string, op: (...args: unknown[]) => unknown): (...args: unknown[]) => Promise<unknown>;
  shutdown(rid: number): Promise<void>;
  tryClose(rid: number): void;
  writeAll(rid: number, bytes: Uint8Array): Promise<void>;
}

/** What upstream's scripts and ours leave to each other. */
interface Internals {
  bodyOfBlob(blob: Blob): HeldBody | undefined;
  kKeyObject: symbol;
  leave(): void;
  nodeModule(name: string): object;
  now(): number;
  resume(continuation: Continuation | undefined): boolean;
}

/** Built-ins as they were before any script ran. */
interface Primordials {
  ObjectPrototypeIsPrototypeOf(prototype: object, object: unknown): boolean;
  StringPrototypeSlice(text: string, start?: number, end?: number): string;
  SymbolFor(key: string): symbol;
  TypeError: typeof TypeError;
}

export const core: Core;
export const internals: Internals;
export const primordials: Primordials;
