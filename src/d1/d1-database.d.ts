// The contract of `d1-database.js`: D1 databases, each over a backend.

import type * as miniflare from "../../index.d.ts";
import type { WireValue } from "../node/binding/raw.d.ts";

/** `sql, values, sql, values, ...`. */
export type D1Queries = WireValue[];

/** How databases are reached. Answers that are numbers are those that `later` makes promises of. */
export interface D1Calls {
  /** `[outcome, ...]`, or an error as `[null, text, olderText]`. */
  run(name: string, queries: D1Queries, together: boolean, firstOnly: boolean, refusesRows: boolean): WireValue;
  /** The content of a file with the whole database. */
  dump(name: string): WireValue;
}

export interface D1Backend extends D1Calls {
  /** Called before each use. */
  begin(): void;
  /** Called before something is written; a promise when there is something to wait for. */
  depart(): Promise<void> | undefined | void;
  /** Called after each use; a promise when there is something to wait for. */
  advance(): Promise<void> | undefined | void;
  later(number: number): Promise<WireValue>;
}

export interface D1Database extends miniflare.D1Database {}
export const D1Database: {
  readonly prototype: D1Database;
  new (name: string, backend: D1Backend, isBeta: boolean): D1Database;
};
export interface D1DatabaseSession extends miniflare.D1DatabaseSession {}
export const D1DatabaseSession: { readonly prototype: D1DatabaseSession };
export interface D1PreparedStatement extends miniflare.D1PreparedStatement {}
export const D1PreparedStatement: { readonly prototype: D1PreparedStatement };
