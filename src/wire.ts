// What crosses between the two realms and Rust, as types. Files beside the folders are below all of them.

/** What crosses between Node and Rust. Objects other than arrays and `Uint8Array`s are encoded by the membrane first. */
export type WireValue = undefined | null | boolean | number | string | bigint | Uint8Array | WireValue[];

/** What a store is to keep. */
export type Content = string | Uint8Array;
