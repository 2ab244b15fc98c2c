// What a bucket is over: the calls that reach its objects, and what a realm does around them.

import type { Content, WireValue } from "../wire.ts";

/** The name of a multipart upload. */
export interface R2UploadName {
  key: string;
  id: string;
}

/**
 * How the objects of buckets are reached: the functions of `calls.rs`. Answers that are numbers are those that `later` makes
 * promises of. A value to store is text or bytes, or the number of what was received of a stream.
 */
export interface R2Calls {
  head(bucket: string, key: string): WireValue;
  get(bucket: string, key: string, options: WireValue): WireValue;
  read(body: number, all: boolean): WireValue;
  admits(bucket: string, key: string, condition: WireValue): WireValue;
  receive(bucket: string, expected: WireValue): WireValue;
  add(receiver: number, bytes: Content): WireValue;
  put(bucket: string, key: string, value: Content | number, options: WireValue): WireValue;
  delete(bucket: string, keys: string[]): WireValue;
  list(bucket: string, query: WireValue): WireValue;
  createUpload(bucket: string, key: string, options: WireValue): WireValue;
  putPart(bucket: string, upload: R2UploadName, value: Content | number, options: WireValue): WireValue;
  complete(bucket: string, upload: R2UploadName, parts: WireValue): WireValue;
  abort(bucket: string, upload: R2UploadName): WireValue;
}

/** What the stream of a value is pulled from. */
export interface R2Source {
  /** All of it at once. */
  all(): Promise<Uint8Array>;
  /** The next chunk; null after the last. */
  pull(): Promise<Uint8Array | null>;
  cancel(): void | Promise<void>;
}

export interface R2Backend extends R2Calls {
  /** The tag of an object whose value this is; the object gets it if it is still there. */
  tag(bucket: string, key: string, version: string, value: Uint8Array): string;
  /** Called before each use. */
  begin(): void;
  /** Called before something is written; a promise when there is something to wait for. */
  depart(): Promise<unknown> | undefined;
  /** Called after each use; a promise when there is something to wait for. */
  advance(): Promise<unknown> | undefined;
  later(number: number): Promise<WireValue>;
  /** Lets go of a body or a receiver. */
  close(number: number): void;
  streamFromSource(source: R2Source): ReadableStream<Uint8Array>;
  isDisturbed(stream: ReadableStream): boolean;
  /** Whether a stream can be a part of an upload. */
  hasKnownLength(stream: ReadableStream): boolean;
  blobOf(bytes: Uint8Array): Blob;
  /** Whether lists leave out the metadata that they are not asked for. */
  honorsInclude(): boolean;
  numbers: R2Numbers;
}

/** Limits. */
export interface R2Numbers {
  valueBytes: number;
  keyBytes: number;
  metadataBytes: number;
  listKeys: number;
  listIncludingKeys: number;
  deleteKeys: number;
  parts: number;
}
