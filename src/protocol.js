// What the halves of this package say to each other by numbers and tags.
// Written by `node scripts/protocol.mjs` from `protocol.json`: change that one.
(() => {
  "use strict";

  // Calls that the worker's half makes to Node's, by their numbers.
  const HOST = {
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
  };

  // Calls from one half of the membrane to the other. `FETCHED` goes to the worker only: it brings the answer to
  // `HOST.FETCH`.
  const CALL = {
    TRAP: 0,
    SETTLE: 1,
    RELEASE: 2,
    FETCHED: 3,
    SIGNAL: 4,
  };

  // The first item of a list on the wire, which says what the list is: see `src/membrane/README.md`.
  const TAG = {
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
  };

  // What the proxy of a live object behaves like.
  const KIND = {
    OBJECT: 0,
    FUNCTION: 1,
    CLASS: 2,
    ARRAY: 3,
  };

  // Numbers of the worker's objects that Node knows before anything has crossed, in the order in which `boot.js` shares
  // them.
  const FIRST = {
    CONTROL: 1,
    START: 2,
  };

  // The target of an event that is a call of the worker's `fetch` from outside; other events have null or `[binding,
  // id]`.
  const TARGET = {
    OUTBOUND: 0,
  };

  // What the answer to an event begins with: the worker answered, it threw, or its realm could not give an answer.
  const ANSWER = {
    ANSWERED: 0,
    FAILED: 1,
    BROKEN: 2,
  };

  // What the body of an outbound request is.
  const BODY = {
    NONE: 0,
    BYTES: 1,
    STREAM: 2,
  };

  // What the answer of a mock begins with: a response, an error, a promise of either, or a function that keeps what the
  // network answers.
  const MOCKED = {
    ANSWERED: 0,
    FAILED: 1,
    LATER: 2,
    RECORD: 3,
  };

  // What is done with the alarm of an object.
  const ALARM = {
    GET: 0,
    SET: 1,
    DELETE: 2,
    BEGIN: 3,
    SUCCEED: 4,
    FAIL: 5,
  };

  // In the place of a time or a number of deliveries: there is no alarm, or it has been delivered as often as it may.
  const ALARM_TIME = {
    NONE: -1,
    SPENT: -2,
  };

  // How the body of a queue's message is stored.
  const MESSAGE_TYPE = {
    TEXT: 0,
    BYTES: 1,
    JSON: 2,
    V8: 3,
  };

  // What becomes of a queue's message that is to be delivered again: it is, it goes to the queue for dead letters, or
  // it is dropped.
  const FATE = {
    AGAIN: 0,
    MOVED: 1,
    DROPPED: 2,
  };

  // What Node does with an object's storage that belongs to no instance, or with a transaction over it.
  const STORED = {
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
  };

  // The codes of errors of stores, which are their names on their way into a worker.
  const STORE_ERROR = {
    LOCKED: "ERR_STORAGE_LOCKED",
    CORRUPT: "ERR_STORAGE_CORRUPT",
    FOREIGN: "ERR_DESERIALIZATION",
    FULL: "ERR_STORAGE_FULL",
    READ_ONLY: "ERR_STORAGE_READ_ONLY",
    NOT_A_FOLDER: "ERR_STORAGE_NOT_A_FOLDER",
    UNREACHABLE: "ERR_STORAGE_UNREACHABLE",
    CLAIMED: "ERR_STORAGE_CLAIMED",
    OTHER: "ERR_STORAGE",
  };

  // The places of the limits in the list that `op_context_limits` returns; `src/limits.rs` has their values.
  const LIMIT = {
    SUBREQUESTS: 0,
    SUBREQUESTS_UNBOUND: 1,
    INTERNAL_SUBREQUESTS: 2,
    REQUEST_DEPTH: 3,
    PIPELINE_DEPTH: 4,
  };

  // The version of V8's format for clones that is written, which all supported versions of Node read. The worker's V8
  // would write the next one, which differs only for buffers of 4 GiB and more.
  const CLONE = {
    VERSION: 15,
  };

  // What an op says of a URL that it has parsed or changed: it is invalid, its serialization is the text given, or
  // another one.
  const URL_RESULT = {
    REFUSED: 0,
    AS_GIVEN: 1,
    REWRITTEN: 2,
  };

  // The components of a URL that can be set.
  const URL_PART = {
    HASH: 0,
    HOST: 1,
    HOSTNAME: 2,
    PASSWORD: 3,
    PATHNAME: 4,
    PORT: 5,
    PROTOCOL: 6,
    SEARCH: 7,
    USERNAME: 8,
  };

  // In the place of the port of a URL that has none.
  const URL_PORT = {
    NONE: 65536,
  };

  // What the sender of a stream is asked for: to cancel, for some chunks, or for all of them.
  const WANT = {
    CANCEL: 0,
    SOME: 1,
    ALL: 2,
  };

  const exported = {
    HOST,
    CALL,
    TAG,
    KIND,
    FIRST,
    TARGET,
    ANSWER,
    BODY,
    MOCKED,
    ALARM,
    ALARM_TIME,
    MESSAGE_TYPE,
    FATE,
    STORED,
    STORE_ERROR,
    LIMIT,
    CLONE,
    URL_RESULT,
    URL_PART,
    URL_PORT,
    WANT,
  };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
