// Where a test's global scope differs from a worker's, and why. The spec fails for a difference that is not here, and for one
// that is here and there no more.

const CLASSES_OF_NODE = [
  "AbortController",
  "AbortSignal",
  "Blob",
  "CloseEvent",
  "Event",
  "EventTarget",
  "FormData",
  "MessageEvent",
  "structuredClone",
].join("|");

/**
 * `paths` are of a kind and a name, or of a kind and a member. `kind`, if given, is how they may differ: "more" for what only the
 * test has, "missing" for what only the worker has, "attributes" for another length or enumerability. `test`, if given, is what
 * there is in the test. `runner` and `node` say where, if not everywhere.
 */
export const differences = [
  {
    why: "On symbols of their own, upstream and Node have what is not for users.",
    paths: [
      /^census .*\[(?!Symbol\.)/,
      /^census Event\.prototype\.initialized$/,
      /^census EventTarget\.prototype\.getParent$/,
    ],
  },
  {
    why: "The class is Node's, where members are enumerable or not and take as many arguments as Node says.",
    paths: [new RegExp(`^census (${CLASSES_OF_NODE})\\b`)],
    kind: "attributes",
  },
  {
    why: "Node 20 has a read-only property there.",
    paths: [/^census Event\.prototype\.(returnValue|srcElement)$/],
  },
  {
    why: "Node's class has what the standard has, and upstream's has it elsewhere or not.",
    paths: [
      /^census (CloseEvent|CustomEvent|MessageEvent|PromiseRejectionEvent)\.prototype\[Symbol\.toStringTag\]$/,
      "census Event.prototype.initEvent",
      /^census MessageEvent\.prototype\.(data|initMessageEvent|lastEventId|origin|ports)$/,
      /^census Request\.prototype\.(attribute|destination|duplex|isHistoryNavigation|isReloadNavigation)$/,
    ],
    kind: "more",
  },
  {
    why: "Upstream has getters of the constants, Node has them in another place; both have those of the class.",
    paths: [/^census Event\.prototype\.(AT_TARGET|BUBBLING_PHASE|CAPTURING_PHASE|NONE)$/],
    kind: "missing",
  },
  {
    why: "Upstream's signals have these of their own; Node's inherit them.",
    paths: [/^census AbortSignal\.prototype\.(addEventListener|removeEventListener)$/],
    kind: "missing",
  },
  {
    why: "Node has it since a later version, or has it not yet.",
    paths: [/^census (Blob|Request|Response)\.prototype\.textStream$/],
    kind: "missing",
  },
  {
    why: "Node forgot to name these objects.",
    paths: [/^census Text(Decoder|Encoder)Stream\.prototype\[Symbol\.toStringTag\]$/],
    kind: "missing",
  },
  {
    why: "What Node's own class makes is an instance of the class too, which extends it.",
    paths: [/^census (Headers|Request|Response)\[Symbol\.hasInstance\]$/],
    kind: "more",
  },
  {
    why: "The global object is the test runner's, whose prototype is not a worker's.",
    paths: [/^census (global|self)$/, "census WorkerGlobalScope[Symbol.hasInstance]"],
  },
  {
    why: "It is one class with that of responses from outside of a worker, which tell what their worker used and waits for.",
    paths: ["census Response.prototype.usage", "census Response.prototype.waitUntil"],
    kind: "more",
  },
  {
    why: "Timers are the test runner's, so that it can fake them.",
    paths: [/^census (clear|set)(Interval|Timeout)\(\)$/],
    kind: "attributes",
  },
  {
    why: "It is the test runner's, so that it can fake it.",
    paths: [/^census Performance( extends$|\.prototype\.)/],
  },
  {
    why: "Node's AES-GCM takes no nonce as short as this.",
    paths: ["probes AES-GCM with a short nonce"],
    test: "throws DOMException OperationError: The operation failed for an operation-specific reason",
  },
  {
    why: "Nothing of Node's AbortSignal is replaced, and its words are Node's. In Jest, its errors are of Node's realm.",
    paths: ["probes a time limit"],
    test: [
      'throws TypeError: The "delay" argument must be of type number. Received undefined',
      'throws not an Error: TypeError: The "delay" argument must be of type number. Received undefined',
    ],
  },
  {
    why: "Files of forms are files in a test, whatever the compatibility date.",
    paths: ["probes forms"],
    test: '["1","name.txt","text/plain","text",true]',
  },
];

/** Names that only the test has. */
export const OWN_NAMES = [
  { why: "the environment's helpers", names: /Miniflare/ },
  {
    why: "the test runner's",
    names:
      /^(afterAll|afterEach|beforeAll|beforeEach|describe|expect|fdescribe|fit|it|jest-.*|test|xdescribe|xit|xtest|__vitest_.*)$/,
  },
  { why: "Node's, which tests use", names: /^(Buffer|clearImmediate|process|setImmediate)$/ },
  { why: "Node's, left alone", names: /^(BroadcastChannel|MessageChannel|MessagePort|Performance.+)$/ },
  {
    why: "those of newer versions of Node, left alone",
    names: /^(QuotaExceededError|Storage|localStorage|sessionStorage)$/,
  },
];

/** Names of Miniflare 2 that a worker has not either yet. */
export const NOT_YET = [];
