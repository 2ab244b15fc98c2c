// What the halves of this package say to each other by numbers and tags: the types of `protocol.js`.
// Written by `node scripts/protocol.mjs` from `protocol.json`: change that one.

// Calls that the worker's half makes to Node's, by their numbers.
export const HOST: {
  readonly ANSWERED: 0;
  readonly CONDEMNED: 1;
  readonly UNCAUGHT: 2;
  readonly MEMBRANE: 3;
  readonly CONSOLE: 4;
  readonly UNHANDLED: 5;
  readonly WARN: 6;
  readonly REJECTIONS: 7;
  readonly FETCH: 8;
  readonly MOCK: 9;
  readonly ALARM_FAILED: 10;
  readonly EXPECTS: 11;
  readonly OUTBOUND: 12;
  readonly SIGNAL: 13;
  readonly AT_REST: 14;
  readonly FORGET_SIGNAL: 15;
};

// Calls from one half of the membrane to the other. `FETCHED` goes to the worker only: it brings the answer to
// `HOST.FETCH`.
export const CALL: {
  readonly TRAP: 0;
  readonly SETTLE: 1;
  readonly RELEASE: 2;
  readonly FETCHED: 3;
  readonly SIGNAL: 4;
};

// The first item of a list on the wire, which says what the list is: see `src/membrane/README.md`.
export const TAG: {
  readonly HOME: "b";
  readonly BUILT_IN: "g";
  readonly LIVE: "h";
  readonly PLATFORM: "w";
  readonly PROMISE: "p";
  readonly ONCE: "q";
  readonly BYTES: "u";
  readonly CLONE: "d";
  readonly SYMBOL: "y";
  readonly ERROR: "e";
  readonly LIST: "k";
  readonly RECORD: "o";
  readonly DESCRIPTOR: "v";
};

// What the proxy of a live object behaves like.
export const KIND: {
  readonly OBJECT: 0;
  readonly FUNCTION: 1;
  readonly CLASS: 2;
  readonly ARRAY: 3;
};

// Numbers of the worker's objects that Node knows before anything has crossed, in the order in which `boot.js` shares
// them.
export const FIRST: {
  readonly CONTROL: 1;
  readonly START: 2;
};

// The target of an event that is a call of the worker's `fetch` from outside; other events have null or `[binding,
// id]`.
export const TARGET: {
  readonly OUTBOUND: 0;
};

// What the answer to an event begins with: the worker answered, it threw, or its realm could not give an answer.
export const ANSWER: {
  readonly ANSWERED: 0;
  readonly FAILED: 1;
  readonly BROKEN: 2;
};

// What the body of an outbound request is.
export const BODY: {
  readonly NONE: 0;
  readonly BYTES: 1;
  readonly STREAM: 2;
};

// What the answer of a mock begins with: a response, an error, a promise of either, or a function that keeps what the
// network answers.
export const MOCKED: {
  readonly ANSWERED: 0;
  readonly FAILED: 1;
  readonly LATER: 2;
  readonly RECORD: 3;
};

// What is done with the alarm of an object.
export const ALARM: {
  readonly GET: 0;
  readonly SET: 1;
  readonly DELETE: 2;
  readonly BEGIN: 3;
  readonly SUCCEED: 4;
  readonly FAIL: 5;
};

// In the place of a time or a number of deliveries: there is no alarm, or it has been delivered as often as it may.
export const ALARM_TIME: {
  readonly NONE: -1;
  readonly SPENT: -2;
};

// How the body of a queue's message is stored.
export const MESSAGE_TYPE: {
  readonly TEXT: 0;
  readonly BYTES: 1;
  readonly JSON: 2;
  readonly V8: 3;
};

// What becomes of a queue's message that is to be delivered again: it is, it goes to the queue for dead letters, or it
// is dropped.
export const FATE: {
  readonly AGAIN: 0;
  readonly MOVED: 1;
  readonly DROPPED: 2;
};

// What Node does with an object's storage that belongs to no instance, or with a transaction over it.
export const STORED: {
  readonly GET_ONE: 0;
  readonly GET_MANY: 1;
  readonly PUT_ONE: 2;
  readonly PUT_MANY: 3;
  readonly DELETE_ONE: 4;
  readonly DELETE_MANY: 5;
  readonly DELETE_ALL: 6;
  readonly LIST: 7;
  readonly ALARM: 8;
  readonly CONFIRM: 9;
  readonly COMMIT: 10;
  readonly END: 11;
  readonly REFUSE: 12;
};

// The codes of errors of stores, which are their names on their way into a worker.
export const STORE_ERROR: {
  readonly LOCKED: "ERR_STORAGE_LOCKED";
  readonly CORRUPT: "ERR_STORAGE_CORRUPT";
  readonly FOREIGN: "ERR_DESERIALIZATION";
  readonly FULL: "ERR_STORAGE_FULL";
  readonly READ_ONLY: "ERR_STORAGE_READ_ONLY";
  readonly NOT_A_FOLDER: "ERR_STORAGE_NOT_A_FOLDER";
  readonly UNREACHABLE: "ERR_STORAGE_UNREACHABLE";
  readonly CLAIMED: "ERR_STORAGE_CLAIMED";
  readonly OTHER: "ERR_STORAGE";
};

// The places of the limits in the list that `op_context_limits` returns; `src/limits.rs` has their values.
export const LIMIT: {
  readonly SUBREQUESTS: 0;
  readonly SUBREQUESTS_UNBOUND: 1;
  readonly INTERNAL_SUBREQUESTS: 2;
  readonly REQUEST_DEPTH: 3;
  readonly PIPELINE_DEPTH: 4;
};

// The version of V8's format for clones that is written, which all supported versions of Node read. The worker's V8
// would write the next one, which differs only for buffers of 4 GiB and more.
export const CLONE: {
  readonly VERSION: 15;
};

// What an op says of a URL that it has parsed or changed: it is invalid, its serialization is the text given, or
// another one.
export const URL_RESULT: {
  readonly REFUSED: 0;
  readonly AS_GIVEN: 1;
  readonly REWRITTEN: 2;
};

// The components of a URL that can be set.
export const URL_PART: {
  readonly HASH: 0;
  readonly HOST: 1;
  readonly HOSTNAME: 2;
  readonly PASSWORD: 3;
  readonly PATHNAME: 4;
  readonly PORT: 5;
  readonly PROTOCOL: 6;
  readonly SEARCH: 7;
  readonly USERNAME: 8;
};

// In the place of the port of a URL that has none.
export const URL_PORT: {
  readonly NONE: 65536;
};

// What the sender of a stream is asked for: to cancel, for some chunks, or for all of them.
export const WANT: {
  readonly CANCEL: 0;
  readonly SOME: 1;
  readonly ALL: 2;
};
