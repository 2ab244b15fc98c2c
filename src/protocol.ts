// What the halves of this package say to each other by numbers and tags.
// Written by `node scripts/protocol.mjs` from `protocol.json`: change that one.

// Calls that the worker's half makes to Node's, by their numbers.
export const HOST = {
  ANSWERED: 0,
  CONDEMNED: 1,
  UNCAUGHT: 2,
  MEMBRANE: 3,
  CONSOLE: 4,
  UNHANDLED: 5,
  WARN: 6,
  REJECTIONS: 7,
  FETCH: 8,
  MOCK: 9,
  ALARM_FAILED: 10,
  EXPECTS: 11,
  OUTBOUND: 12,
  SIGNAL: 13,
  AT_REST: 14,
  FORGET_SIGNAL: 15,
  PAUSED: 16,
  INTERRUPTED: 17,
  INSPECTED: 18,
  REST: 20,
  NODEJS: 60,
  SOCKETS: 61,
  RPC_CALL: 70,
} as const;

// The first item of a list that crosses between a module of Node's in a worker and Node: see `src/nodejs/packed.ts`.
export const PACKED = {
  LIST: 0,
  RECORD: 1,
  KEY: 2,
  BUFFER: 3,
  VIEW: 4,
  FUNCTION: 5,
  SYMBOL: 6,
} as const;

// Calls from one half of the membrane to the other. `FETCHED` goes to the worker only: it brings the answer to
// `HOST.FETCH`. So does `RPC_ANSWERED`, the answer to `HOST.RPC_CALL`. `TELL` is for what happens often: its values
// cross as they are.
export const CALL = {
  TRAP: 0,
  SETTLE: 1,
  RELEASE: 2,
  FETCHED: 3,
  SIGNAL: 4,
  RPC_ANSWERED: 5,
  TELL: 6,
} as const;

// The first item of a list on the wire, which says what the list is: see `src/membrane/README.md`.
export const TAG = {
  HOME: "b",
  BUILT_IN: "g",
  LIVE: "h",
  PLATFORM: "w",
  PROMISE: "p",
  ONCE: "q",
  BYTES: "u",
  CLONE: "d",
  SYMBOL: "y",
  ERROR: "e",
  LIST: "k",
  RECORD: "o",
  DESCRIPTOR: "v",
} as const;

// What the proxy of a live object behaves like.
export const KIND = {
  OBJECT: 0,
  FUNCTION: 1,
  CLASS: 2,
  ARRAY: 3,
} as const;

// Numbers of the worker's objects that Node knows before anything has crossed, in the order in which `boot.ts` shares
// them.
export const FIRST = {
  CONTROL: 1,
  START: 2,
} as const;

// The targets of events that are no requests: a call of the worker's `fetch` from outside, and a call of another
// worker's, which a room serves. Requests have null or `[binding, id]`.
export const TARGET = {
  OUTBOUND: 0,
  CALL: 1,
} as const;

// What the answer to an event begins with: the worker answered, it threw, or its realm could not give an answer.
export const ANSWER = {
  ANSWERED: 0,
  FAILED: 1,
  BROKEN: 2,
} as const;

// What the body of an outbound request is.
export const BODY = {
  NONE: 0,
  BYTES: 1,
  STREAM: 2,
} as const;

// What the answer of a mock begins with: a response, an error, a promise of either, or a function that keeps what the
// network answers.
export const MOCKED = {
  ANSWERED: 0,
  FAILED: 1,
  LATER: 2,
  RECORD: 3,
} as const;

// What is done with the alarm of an object.
export const ALARM = {
  GET: 0,
  SET: 1,
  DELETE: 2,
  BEGIN: 3,
  SUCCEED: 4,
  FAIL: 5,
} as const;

// In the place of a time or a number of deliveries: there is no alarm, or it has been delivered as often as it may.
export const ALARM_TIME = {
  NONE: -1,
  SPENT: -2,
} as const;

// How the body of a queue's message is stored.
export const MESSAGE_TYPE = {
  TEXT: 0,
  BYTES: 1,
  JSON: 2,
  V8: 3,
} as const;

// What becomes of a queue's message that is to be delivered again: it is, it goes to the queue for dead letters, or it
// is dropped.
export const FATE = {
  AGAIN: 0,
  MOVED: 1,
  DROPPED: 2,
} as const;

// What Node does with an object's storage that belongs to no instance, or with a transaction over it.
export const STORED = {
  GET_ONE: 0,
  GET_MANY: 1,
  PUT_ONE: 2,
  PUT_MANY: 3,
  DELETE_ONE: 4,
  DELETE_MANY: 5,
  DELETE_ALL: 6,
  LIST: 7,
  ALARM: 8,
  CONFIRM: 9,
  COMMIT: 10,
  END: 11,
  REFUSE: 12,
} as const;

// The codes of errors of stores, which are their names on their way into a worker.
export const STORE_ERROR = {
  LOCKED: "ERR_STORAGE_LOCKED",
  CORRUPT: "ERR_STORAGE_CORRUPT",
  FOREIGN: "ERR_DESERIALIZATION",
  FULL: "ERR_STORAGE_FULL",
  READ_ONLY: "ERR_STORAGE_READ_ONLY",
  NOT_A_FOLDER: "ERR_STORAGE_NOT_A_FOLDER",
  UNREACHABLE: "ERR_STORAGE_UNREACHABLE",
  CLAIMED: "ERR_STORAGE_CLAIMED",
  OTHER: "ERR_STORAGE",
} as const;

// The places of the limits in the list that `op_context_limits` returns; `src/limits.rs` has their values.
export const LIMIT = {
  SUBREQUESTS: 0,
  SUBREQUESTS_UNBOUND: 1,
  INTERNAL_SUBREQUESTS: 2,
  REQUEST_DEPTH: 3,
  PIPELINE_DEPTH: 4,
} as const;

// The version of V8's format for clones that is written, which all supported versions of Node read. The worker's V8
// would write the next one, which differs only for buffers of 4 GiB and more.
export const CLONE = {
  VERSION: 15,
} as const;

// What an op says of a URL that it has parsed or changed: it is invalid, its serialization is the text given, or
// another one.
export const URL_RESULT = {
  REFUSED: 0,
  AS_GIVEN: 1,
  REWRITTEN: 2,
} as const;

// The components of a URL that can be set.
export const URL_PART = {
  HASH: 0,
  HOST: 1,
  HOSTNAME: 2,
  PASSWORD: 3,
  PATHNAME: 4,
  PORT: 5,
  PROTOCOL: 6,
  SEARCH: 7,
  USERNAME: 8,
} as const;

// In the place of the port of a URL that has none.
export const URL_PORT = {
  NONE: 65536,
} as const;

// What the sender of a stream is asked for: to cancel, for some chunks, or for all of them.
export const WANT = {
  CANCEL: 0,
  SOME: 1,
  ALL: 2,
} as const;

// What the parser of an HTML rewriter needs next: a piece of the document, nothing any more, to be asked why it failed,
// the handler of a token, or content that comes in pieces. The bits above the first four are the number of that handler
// or content.
export const HTML_STEP = {
  HUNGRY: 0,
  DONE: 1,
  FAILED: 2,
  ELEMENT: 3,
  COMMENT: 4,
  TEXT: 5,
  DOCTYPE: 6,
  DOCUMENT_END: 7,
  END_TAG: 8,
  CONTENT: 9,
} as const;

// The texts of a token of an HTML document.
export const HTML_TEXT = {
  NAME: 0,
  TEXT: 1,
  NAMESPACE: 2,
  PUBLIC_ID: 3,
  SYSTEM_ID: 4,
} as const;

// What may hold of a token of an HTML document.
export const HTML_FLAG = {
  REMOVED: 0,
  LAST_IN_TEXT_NODE: 1,
} as const;

// Where content is inserted at a token of an HTML document.
export const HTML_PLACE = {
  BEFORE: 0,
  AFTER: 1,
  PREPEND: 2,
  APPEND: 3,
  REPLACE: 4,
  INNER: 5,
} as const;
