// What crosses between the two realms and Rust, as types. Files beside the folders are below all of them.

/** What crosses between Node and Rust. Objects other than arrays and `Uint8Array`s are encoded by the membrane first. */
export type WireValue = undefined | null | boolean | number | string | bigint | Uint8Array | WireValue[];

/** What a store is to keep. */
export type Content = string | Uint8Array;

/** What a room counts of the operations on its bindings: the property of `usage`, and the names of its numbers. */
export interface Operations {
  readonly property: string;
  readonly counts: readonly string[];
}

/** An event that is under way, as a worker tells of it with the option `trackPending`. Times are in milliseconds. */
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
