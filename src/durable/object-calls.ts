// What objects are bound as, and what is done with one.

import type { DurableObjectState } from "ext:miniflare/durable/state.ts";

/** A binding of a class: its name, that of the class, and the worker that exports it. */
export type Binding = [binding: string, className: string, scriptName: string | undefined, hasSql: boolean];
/** Calls back once Node's microtasks are done. */
export type Soon = (callback: () => void) => void;
/** A call by RPC, made with the instance. */
export type Call<Result> = (instance: object) => Result | Promise<Result>;
export type Work<Result> = (instance: object, state: DurableObjectState) => Result | Promise<Result>;
