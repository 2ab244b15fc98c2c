// What the addon exports. The build writes this file (`scripts/binding-types.mjs`): change the Rust functions instead.

import type { Content, WireValue } from "../../wire.ts";
export type { Content, WireValue };

/** Where to store: in memory, in a folder (and whether to wait for the disk), or at the URL of a Redis server (with the
 * certificate authorities to trust, in PEM). */
export type Place = [] | [folder: string, sync: boolean] | [url: string, authorities: string];

/** Calls into a worker, synchronously. `undefined` when the lane is condemned or closed. */
export function call(lane: number, call: number, args: WireValue[]): WireValue;

/** Dispatches an event. Returns its answer if the worker gives it at once; otherwise the answer comes by the host. */
export function dispatch(lane: number, event: number, ...args: WireValue[]): WireValue;

/** Reads from a namespace: of an instance by its name there, or in a storage at a time. Null when there is no value;
 * with `metadata` a list of both. May answer with a number for `later`. */
export function kvGet(
  owner: number,
  name: string | number,
  key: string,
  bytes: boolean,
  metadata: boolean,
  cacheTtl: string | undefined,
): WireValue;

/** Writes to a namespace, named as for `kvGet`. May answer with a number for `later`. */
export function kvPut(owner: number, name: string | number, key: string, value: Content, options: WireValue): WireValue;

/** Awaits what a call answered with a number. `settle` is called with an error's class and text, or with null and the
 * value. */
export function later(number: number, settle: (error: string | null, value: WireValue) => void): void;

/** A response to store, for as long as `cacheTtl` says. */
export interface CachePutOptions {
  ttl: number;
  status: number;
  headers: string;
  body: Content;
}

/** What says how long a response is fresh. Headers are flat: names and values by turns, with line feeds between. */
export interface CacheTtlOptions {
  url: string;
  requestHeaders: string;
  status: number;
  headers: string;
}

/** What a lane is opened with. */
export interface OpenLaneOptions {
  /** CPU time of a turn, in milliseconds. */
  cpuLimitMs: number;
  /** Memory of the isolate, in MiB. */
  heapLimitMb: number;
  /** Whether it is counted what runs. */
  coverage: boolean;
  /** What debuggers call the worker, if they may connect. */
  inspector?: string;
  /** A number of `openInstance`. */
  instance: number;
  /** A number of `setup`. */
  host: number;
}

/** An id, or why the text is an invalid one. */
export interface ParsedDurableId {
  id?: string;
  problem?: string;
}

/** The name of a multipart upload. */
export interface R2Upload {
  key: string;
  id: string;
}

/** Where a script waits. */
export interface StalledPlace {
  path: string;
  line: number;
  column: number;
  /** The text of the line. */
  text: string;
}

export function cacheDelete(owner: number, name: string | number, key: string): WireValue;

export function cacheMatch(owner: number, name: string | number, key: string, requestHeaders: string): WireValue;

/** Code units that the name of a cache may have. */
export function cacheNameLimit(): number;

export function cachePut(owner: number, name: string | number, key: string, options: CachePutOptions): WireValue;

/** For how many milliseconds a response is fresh; `NaN` when it may not be stored. */
export function cacheTtl(owner: number, name: string | number, options: CacheTtlOptions): number;

/** Deletes all that an instance has stored. Answers as `Environment::start` does. */
export function clearStores(instance: number): WireValue;

/** What an instance's clock shows, in milliseconds since 1970. */
export function clockNow(instance: number): number;

/** Lets it flow again. */
export function clockRelease(instance: number): void;

/** Makes it stand still and show this time. */
export function clockSet(instance: number, ms: number): void;

/** Moves it on to the earliest wake-up time of a sleeper; false when there was none before `ms`, which it shows then. */
export function clockStep(instance: number, ms: number): boolean;

/** How many turns the workers of an instance have had. */
export function clockTurns(instance: number): number;

export function closeInstance(instance: number): void;

export function closeLane(lane: number): void;

export function cronsClose(scheduler: number): void;

/**
 * Waits for what is due, `[expression, time, expression, time, ...]`; nothing when there is nothing to wait for. Answers as
 * `Environment::start` does.
 */
export function cronsDue(scheduler: number): WireValue;

/** Opens a scheduler on the clock of an instance, and returns its number. */
export function cronsOpen(instance: number): number;

/** Has a scheduler wait for these expressions, and returns how many of them will be due at all. */
export function cronsSet(scheduler: number, expressions: Array<string>): number;

/** The content of a file with a whole database of an instance. */
export function d1Dump(instance: number, name: string): WireValue;

/** Executes statements of a database of an instance, as `[way, sql, values, sql, values, ...]`. */
export function d1Run(instance: number, name: string, queries: WireValue): WireValue;

/** The statements of a text of SQL. */
export function d1Split(sql: string): Array<string>;

/** Tells a worker of the unhandled promise rejections. */
export function deliverRejections(lane: number): void;

/** Begins a transaction over a storage, and returns its number; none over a transaction. */
export function durableBegin(open: number): number | null;

/** What `call` asks for, as `[value]`, or `[class, text]` of what is thrown. */
export function durableCall(open: number, call: number, args: Array<WireValue>): Array<WireValue>;

/** Releases the storage, or the transaction, when Node has no reference left. */
export function durableClose(open: number): void;

/** What is left to wait for until all that was written survives. Answers as `Environment::start` does. */
export function durableConfirmed(open: number): WireValue;

/** The id that a name has in a namespace. */
export function durableIdFromName(namespace: string, name: string): string;

export function durableIdParse(namespace: string, text: string): ParsedDurableId;

/** An id that no other object of a namespace has. */
export function durableIdUnique(namespace: string, nowMs: number): string;

/** Opens an object's storage that keeps its entries in a storage, and returns its number. */
export function durableOpen(storage: number): number;

/**
 * Ends the process `graceMs` after one of these signals, given by their numbers, or when another one comes; the exit code
 * is 128 and the number of the first. Handlers that Node has for them by now run as well.
 */
export function endAfterSignals(signals: Array<number>, graceMs: number): void;

/**
 * The source map that the text of the script at a path links to: JSON whose sources are paths or URLs, and the path of the
 * file that contains it unless the text itself does.
 */
export function findSourceMap(path: string, text: string): Array<string> | null;

/** Releases a snapshot when Node has no reference left. */
export function forgetSnapshot(instance: number, snapshot: number): void;

/** Starts to sample what a lane allocates, each so many bytes on average. */
export function heapProfileStart(lane: number, intervalBytes: number): void;

/** The profile since `heapProfileStart`, as JSON. */
export function heapProfileStop(lane: number): string | null;

/** Writes what is on the heap of a lane to a file. Throws why it cannot be written. */
export function heapSnapshot(lane: number, path: string): void;

export function htmlAttribute(rewriter: number, name: string): string | null;

/** Names and values by turns. */
export function htmlAttributes(rewriter: number): string[];

/** Frees what a rewriter holds, and its number. */
export function htmlClose(rewriter: number): void;

/** A piece of the content that was asked for. */
export function htmlContent(rewriter: number, piece: Content): number;

/** The content that was asked for is over. */
export function htmlContentEnd(rewriter: number): number;

export function htmlEnd(rewriter: number): number;

/** Why the parser has failed. */
export function htmlFailure(rewriter: number): string;

export function htmlFlag(rewriter: number, which: number): boolean;

/** The handler is done. */
export function htmlGo(rewriter: number): number;

export function htmlHasAttribute(rewriter: number, name: string): boolean;

/** Inserts a text, which is escaped unless it is HTML. */
export function htmlInsert(rewriter: number, place: number, text: string, html: boolean): void;

/** Returns the number by which the content is asked for; -1 when there is no token. */
export function htmlInsertStream(rewriter: number, place: number, html: boolean): number;

/** Whether Node's loop should have a turn before the next piece, of which `htmlRested` tells. */
export function htmlIsTired(): boolean;

/** Returns the number of the handler of the element's end tag; -1 when it has none. */
export function htmlOnEndTag(rewriter: number): number;

/**
 * Opens a rewriter and returns its number. `handlers` is a list of selectors and steps by turns: text, or null for the
 * whole document, and a bit for each step of `HTML_STEP` that there is a handler for.
 */
export function htmlOpen(handlers: Array<WireValue>, charset: string, esi: boolean): number;

/** What has been rewritten since this was asked last. */
export function htmlOutput(rewriter: number): Uint8Array;

export function htmlRemove(rewriter: number, keepContent: boolean): void;

export function htmlRemoveAttribute(rewriter: number, name: string): void;

export function htmlRested(): void;

/** Returns why there can be no such attribute, or null. */
export function htmlSetAttribute(rewriter: number, name: string, value: string): string | null;

/** Returns why the text cannot be that, or null. */
export function htmlSetText(rewriter: number, text: string): string | null;

export function htmlText(rewriter: number, which: number): string | null;

/** Parses a piece of the document. Returns the next step, as the other functions do that have the parser go on. */
export function htmlWrite(rewriter: number, piece: Content): number;

/** Opens a session. Its messages come by the host. */
export function inspectorConnect(lane: number, session: number): void;

/** Closes a session; a worker that it has paused goes on. */
export function inspectorDisconnect(lane: number, session: number): void;

/** Has a running worker ask its host for messages, by the number of `inspectorNumber`. In any environment, on any thread. */
export function inspectorInterrupt(number: number): void;

/** Whether the worker is paused. */
export function inspectorIsPaused(lane: number): boolean;

/** The number by which `inspectorInterrupt` knows a lane. */
export function inspectorNumber(lane: number): number | null;

/** Pauses the worker at the next statement that it runs. */
export function inspectorPauseNext(lane: number, session: number): void;

/** Hands a message to a session. */
export function inspectorSend(lane: number, session: number, message: string): void;

/** Whether lanes that wait keep Node's loop alive. */
export function keepAlive(alive: boolean): void;

export function kvDelete(owner: number, name: string | number, key: string): WireValue;

export function kvList(owner: number, name: string | number, query: WireValue): WireValue;

/** Bytes that a value may have. */
export function kvValueLimit(): number;

/** Adds an interceptor; its data is as `mock-data.ts` makes it. */
export function mockAdd(mock: number, table: number, number: number, data: Array<WireValue>): void;

export function mockClose(mock: number): void;

/** Empties a table. */
export function mockForget(mock: number, table: number): void;

/** Answers requests to an origin by a table. */
export function mockLink(mock: number, table: number, origin: string): void;

/** Opens a mock and returns its number. */
export function mockOpen(): number;

export function mockRemove(mock: number, table: number, number: number): void;

/** What the table has for a request, from an interceptor on. */
export function mockSearch(mock: number, table: number, from: number, path: string, parts: Array<WireValue>): WireValue;

export function mockUnlink(mock: number, origin: string): void;

/**
 * The first moment after `afterMs` that the expression names, both in milliseconds since 1970, if there is one. Five fields
 * begin with minutes, six with seconds.
 */
export function nextCron(expression: string, afterMs: number): number | null;

/** Opens what the lanes of an instance share, and returns its number. */
export function openInstance(): number;

/** Opens a lane with a fresh isolate and returns its number. */
export function openLane(options: OpenLaneOptions): number;

/** The JSON of a document. The error says where the text is wrong, and shows the line. */
export function parseToml(text: string): string;

/** The numbers of what a worker waits for from outside. */
export function pending(lane: number): Array<number>;

/** Starts to sample what a lane runs, each so many microseconds. False if Node itself is being profiled. */
export function profileStart(lane: number, intervalUs: number): boolean;

/** The profile since `profileStart`, as JSON. */
export function profileStop(lane: number): string | null;

/** Has these queues be consumed, and no others. */
export function queuesConsume(instance: number, consumers: WireValue): void;

/** Waits for batches to be due, `[expects, queue, batch, ...]`; null when the instance has ended. */
export function queuesDue(instance: number): WireValue;

/** Whether batches are being delivered or will be soon. */
export function queuesExpects(instance: number): boolean;

/** `[messages, bytes, time]` of a queue's backlog. */
export function queuesMetrics(instance: number, name: string): WireValue;

/** Sends messages, `[content type, body, delay, ...]`. */
export function queuesSend(instance: number, name: string, messages: WireValue): WireValue;

/** Ends the delivery of a batch, `[number, decision, ...]`; answers with `[id, fate, ...]`. */
export function queuesSettle(instance: number, batch: number, decided: WireValue): WireValue;

export function r2Abort(instance: number, bucket: string, upload: R2Upload): WireValue;

/** Takes a chunk. */
export function r2Add(instance: number, receiver: number, bytes: Content): WireValue;

/** Whether a condition holds for the object of a key. */
export function r2Admits(instance: number, bucket: string, key: string, condition: WireValue): WireValue;

/** Lets go of a body or a receiver. */
export function r2Close(instance: number, number: number): void;

/** Makes an object of parts. All but the last have at least `least` bytes, if it is given, and otherwise 5 MiB. */
export function r2Complete(instance: number, bucket: string, upload: R2Upload, parts: WireValue, least?: number | undefined | null): WireValue;

export function r2CreateUpload(instance: number, bucket: string, key: string, options: WireValue): WireValue;

export function r2Delete(instance: number, bucket: string, keys: WireValue): WireValue;

export function r2Get(instance: number, bucket: string, key: string, options: WireValue): WireValue;

export function r2Head(instance: number, bucket: string, key: string): WireValue;

export function r2List(instance: number, bucket: string, query: WireValue): WireValue;

/** The limits that JavaScript checks: see `calls::numbers`. */
export function r2Numbers(): WireValue;

export function r2Put(instance: number, bucket: string, key: string, value: Content | number, options: WireValue): WireValue;

export function r2PutPart(instance: number, bucket: string, upload: R2Upload, value: Content | number, options: WireValue): WireValue;

/** The next bytes of a body, or all that are left; null at the end of chunks. */
export function r2Read(instance: number, body: number, all: boolean): WireValue;

/** Begins a value that comes in chunks: `[number]`. */
export function r2Receive(instance: number, bucket: string, expected: WireValue): WireValue;

/**
 * The tag of an object whose value this is, which is noted in the object if that is still there. The object may outlive its
 * instance.
 */
export function r2Tag(instance: number, bucket: string, key: string, version: string, value: Uint8Array): string;

/** Has the instance store again what it had stored then. Answers as `Environment::start` does. */
export function restoreSnapshot(instance: number, snapshot: number): WireValue;

/**
 * Makes an X.509 certificate and signs it with an RSA key, which is in PKCS#8 (DER in base64). The certificate is for the
 * first of `names`, and all of them, hosts and IP addresses, are alternatives; it is valid for `days` from `nowMs` on, in
 * milliseconds since 1970. Returns DER in base64.
 */
export function selfSignedCertificate(key: string, names: Array<string>, nowMs: number, days: number): string;

/** Has rooms of an instance, by their names, store in these places from now on; each is as `persist.ts` makes it. */
export function settleStores(instance: number, places: Record<string, Place>): void;

/**
 * Registers a function that answers the calls of workers, and returns its number. `snapshot` is the file of the start-up
 * snapshot.
 */
export function setup(host: (lane: number, call: number, args: Array<WireValue>) => WireValue, snapshot: string): number;

/** The paths of all files below a folder, an absolute path that need not exist: with slashes, in the order of their bytes. */
export function siteFiles(root: string): Array<string>;

/** Where the script waits while nothing is under way. */
export function stalled(lane: number): Array<StalledPlace>;

/** Starts V8, without waiting for it. */
export function start(): void;

/** The worker's script has started, or failed to. */
export function started(lane: number): void;

/** Releases the storage when Node has no reference left. */
export function storageClose(storage: number): void;

export function storageDelete(storage: number, nowMs: number, keys: Array<WireValue>): WireValue;

export function storageGet(storage: number, nowMs: number, key: string): WireValue;

export function storageHead(storage: number, nowMs: number, key: string): WireValue;

export function storageList(storage: number, nowMs: number, query: WireValue): WireValue;

/** Opens a storage, and returns its number. Names tell storages of one place apart. */
export function storageOpen(place: Place, name: string): number;

/** The time is not read: what is put says itself when it expires. */
export function storagePut(storage: number, nowMs: number, key: string, value: Content, options: WireValue): WireValue;

/** What has run in a lane that counts it, since this was asked last: JSON of V8's `ScriptCoverage` for each script of a file. */
export function takeCoverage(lane: number): string | null;

/** Remembers what the instance has stored, and returns the snapshot's number. */
export function takeSnapshot(instance: number): number;

/**
 * The JSON of a pattern's components, by that of `[input, base URL or null, whether case is ignored]`. Throws what is wrong
 * with the pattern.
 */
export function urlPattern(json: string): string;

/**
 * The JSON of the components that are matched with a pattern's, by that of `[input, base URL or null]`; of null when these
 * make no URL.
 */
export function urlPatternInput(json: string): string;

/** Adds the code of the lazy scripts to the start-up snapshot. For the build, in a process that does nothing else. */
export function writeCode(path: string): void;

/**
 * Makes the start-up snapshot. `worker` is the file with the worker's modules in one, `scripts` the folder with the scripts
 * that stay apart. For the build, in a process that does nothing else.
 */
export function writeSnapshot(path: string, worker: string, scripts: string): void;
