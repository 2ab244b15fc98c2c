// What crosses between the two realms and Rust, as types. Files beside the folders are below all of them.

/** What crosses between Node and Rust. Objects other than arrays and `Uint8Array`s are encoded by the membrane first. */
export type WireValue = undefined | null | boolean | number | string | bigint | Uint8Array | WireValue[];

/** What a store is to keep. */
export type Content = string | Uint8Array;

/**
 * What a room counts of the operations on its bindings: the property of `usage`, an identifier, and the names of its numbers, of
 * which there are six at most (`src/realm/figures.ts`).
 */
export interface Operations {
  readonly property: string;
  readonly counts: readonly [string, string?, string?, string?, string?, string?];
}

/** An event that is under way, as a worker tells of it with the option `trackPending`. Times are in milliseconds. */
/**
 * Told of each event that begins, with what is known of it by then, and once it is over, with all that was recorded. Events have
 * numbers.
 */
export type TellEvent = (number: number, item: TraceFields, isOver: boolean) => void;

/** What is recorded of an event for tails, as it crosses. Node adds the name of the script. */
export interface TraceFields {
  wallTime: number;
  cpuTime: number;
  truncated: boolean;
  executionModel: "stateless" | "durableObject";
  outcome: "ok" | "exception" | "exceededCpu" | "exceededMemory";
  durableObjectId: string | undefined;
  entrypoint: string | undefined;
  scriptName?: string | null;
  diagnosticsChannelEvents: { message: unknown; channel: string; timestamp: number }[];
  exceptions: { stack?: string; name: string; message: string; timestamp: number }[];
  logs: { message: unknown[]; level: string; timestamp: number }[];
  eventTimestamp: number;
  event: Record<string, unknown>;
}

/** Which entrypoint of a worker gets recorded events, and by way of which tails they have come, by the names of their workers. */
export interface TailTarget {
  entrypoint: string | undefined;
  props: unknown;
  path: string[];
}

export interface PendingInWorker {
  kind: string;
  what: string;
  /** For how long it has been under way. */
  ms: number;
  isAnswered: boolean;
  waits: { kind: string; what: string; ms: number; due: number | undefined; stack: string }[];
  /** The stacks of where its code awaits promises. */
  awaits: string[];
}
