// The contract of `kv-namespace.js`: KV namespaces, each over a backend.

import type * as miniflare from "../../index.d.ts";
import type { Content, WireValue } from "../node/binding/raw.d.ts";

/** `[metadata, expiration, expirationTtl, shown]`. */
export type KVStoring = [
  metadata: string | undefined,
  expiration: number | undefined,
  expirationTtl: number | undefined,
  shown: string,
];
/** `[prefix, limit, shown, cursor]`. */
export type KVQuery = [prefix: string, limit: number | undefined, shown: string, cursor: string];

/** How the entries of namespaces are reached. Answers that are numbers are those that `later` makes promises of. */
export interface KVCalls {
  /** The value, as bytes or as text, or null; with `metadata` a list of both. */
  get(name: string, key: string, bytes: boolean, metadata: boolean, cacheTtl: string | undefined): WireValue;
  put(name: string, key: string, value: Content, options: KVStoring | undefined): WireValue;
  delete(name: string, key: string): WireValue;
  /** `[cursor, name, expiration, metadata, ...]`. */
  list(name: string, query: KVQuery): WireValue;
}

export interface KVBackend extends KVCalls {
  /** Called before each use. */
  begin(): void;
  /** Called before something is written; a promise when there is something to wait for. */
  depart(): Promise<void> | undefined | void;
  /** Called after each use; a promise when there is something to wait for. */
  advance(): Promise<void> | undefined | void;
  later(number: number): Promise<WireValue>;
  streamFromSource(source: { pull(): Promise<Uint8Array | null>; cancel(): void }): ReadableStream<Uint8Array>;
  /** Bytes that a value may have. */
  valueLimit: number;
}

export interface KVNamespace extends miniflare.KVNamespace {}
export const KVNamespace: { readonly prototype: KVNamespace; new (name: string, backend: KVBackend): KVNamespace };
