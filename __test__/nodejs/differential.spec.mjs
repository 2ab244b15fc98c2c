// Node's modules on Miniflare 4 and here: the same snippets, and what each returns or throws.

import { sameAsWorkers } from "../support/nodejs.mjs";

const names = [
  ...["assert", "async_hooks", "buffer", "diagnostics_channel", "events", "path", "querystring", "stream"],
  ...["string_decoder", "timers", "timers/promises", "url", "util", "zlib", "crypto", "process"],
];
const modules = Object.fromEntries(names.map((name) => [name.replace("/", "_"), `node:${name}`]));
const aliased = (name) => name.replace("/", "_");
/** What newer runtimes and versions of Node add or take away. */
const NEWER = {
  events: ["init"],
  path: ["_makeLong"],
  process: ["_channel", "_events", "_eventsCount", "_exiting", "_maxListeners", "channel", "debugPort", "domain"],
  zlib: ["BROTLI_PARAM_SIZE_HINT"],
};
const OF_PROCESSES = [
  ...["finalization", "getSourceMapsSupport", "moduleLoadList", "noDeprecation", "permission", "ref", "report"],
  ...["setSourceMapsEnabled", "sourceMapsEnabled", "throwDeprecation", "traceDeprecation", "unref"],
];
const leftOut = (name) => [...(NEWER[name] ?? []), ...(name === "process" ? OF_PROCESSES : [])];
const exported = names.map((name) => [
  `node:${name} exports the same names`,
  `const leftOut = new Set(${JSON.stringify(leftOut(name))});
   return Object.keys(${aliased(name)}).filter((key) => !leftOut.has(key) && !key.startsWith("ZSTD")).sort();`,
]);

sameAsWorkers("the exports of modules", modules, Object.fromEntries(exported));

/** Members of other modules that are missing in Workers, or here: what packages import by accident, and what no worker can use. */
const DIFFERENT = {
  _http_common: ["kIncomingMessage", "parsers"],
  _http_outgoing: ["kHighWaterMark", "kUniqueHeaders", "parseUniqueHeadersOption"],
  _http_server: [
    "httpServerPreClose",
    "kConnectionsCheckingInterval",
    "kServerResponse",
    "setupConnectionsTracking",
    "storeHTTPOptions",
  ],
  cluster: ["Cluster"],
  console: ["_ignoreErrors", "_stderr", "_stderrErrorHandler", "_stdout", "_stdoutErrorHandler", "_times"],
  constants: ["O_SYMLINK", "SIGINFO", "defaultCipherList"],
  fs: ["_toUnixTimestamp"],
  module: ["registerHooks", "_readPackage", "_stat", "wrapper"],
  net: ["_createServerHandle", "_setSimultaneousAccepts"],
};
const others = [
  ...["_http_agent", "_http_client", "_http_common", "_http_incoming", "_http_outgoing", "_http_server", "console"],
  ...["constants", "dns", "dns/promises", "fs", "fs/promises", "http", "http2", "https", "module", "net", "os", "tls"],
];
const namesOf = (modules) =>
  Object.fromEntries(
    modules.map((name) => [
      `node:${name} exports the same names`,
      `const leftOut = new Set(${JSON.stringify(DIFFERENT[name] ?? [])}); return Object.keys(${aliased(name)}).filter((key) => !leftOut.has(key)).sort();`,
    ]),
  );
const byAlias = (modules) => Object.fromEntries(modules.map((name) => [aliased(name), `node:${name}`]));
sameAsWorkers("the exports of other modules", byAlias(others), namesOf(others));

const NEWER_MODULES = [
  "child_process",
  "cluster",
  "inspector",
  "perf_hooks",
  "punycode",
  "readline",
  "readline/promises",
  "repl",
  "trace_events",
  "tty",
  "vm",
  "wasi",
  "worker_threads",
];
sameAsWorkers(
  "the exports of newer modules",
  byAlias(NEWER_MODULES),
  namesOf(NEWER_MODULES),
  {},
  { compatibilityDate: "2026-03-17" },
);

sameAsWorkers(
  "AsyncLocalStorage",
  { hooks: "node:async_hooks" },
  {
    "refuses enterWith and disable": `const storage = new hooks.AsyncLocalStorage(); return [caught(() => storage.enterWith(1)), caught(() => storage.disable())];`,
    "has values": `const storage = new hooks.AsyncLocalStorage();
      return storage.run(1, async () => { await scheduler.wait(1); return [storage.getStore(), storage.exit(() => storage.getStore()), storage.run(2, () => storage.getStore()), storage.name]; });`,
    binds: `const storage = new hooks.AsyncLocalStorage(); const bound = storage.run(1, () => hooks.AsyncLocalStorage.bind((a) => [storage.getStore(), a])); const snapshot = storage.run(2, () => hooks.AsyncLocalStorage.snapshot()); return [bound(3), snapshot(() => storage.getStore()), new hooks.AsyncResource("x").asyncId()];`,
    "follows listeners and streams": `const storage = new hooks.AsyncLocalStorage(); const seen = [];
      const target = new EventTarget(); storage.run("added", () => target.addEventListener("x", () => seen.push(storage.getStore() ?? null)));
      storage.run("dispatched", () => target.dispatchEvent(new Event("x")));
      const stream = storage.run("made", () => new ReadableStream({ pull(controller) { seen.push(storage.getStore() ?? null); controller.close(); } }, { highWaterMark: 0 }));
      await scheduler.wait(1); await storage.run("read", () => stream.getReader().read());
      return seen;`,
  },
);

sameAsWorkers(
  "node:process",
  { process: "node:process" },
  {
    "describes a worker": `return [process.default.platform, process.default.cwd(), process.default.argv, process.default.title, process.default.pid, process.default.arch, process.default.execPath, process.default.version, process.default.versions.node, process.default.umask(), process.default.release.name];`,
    "has an environment": `process.env.A = 1; return [process.env.A, "A" in process.env, delete process.env.A, process.env.A];`,
  },
);

sameAsWorkers(
  "node:buffer, node:crypto and node:zlib",
  { buffer: "node:buffer", crypto: "node:crypto", zlib: "node:zlib" },
  {
    encode: `return ["utf8", "hex", "base64", "base64url", "latin1", "utf16le"].map((encoding) => [buffer.Buffer.from("aGVsbG8-_w", encoding), buffer.Buffer.from([1, 200, 300]).toString(encoding)]);`,
    "refuse what is wrong": `return [() => buffer.Buffer.from("a", "nope"), () => crypto.createHash("nope"), () => crypto.createHash(1), () => zlib.gunzipSync("nope")].map(caught).map(({ name, message }) => [name, message]);`,
    hash: `return [crypto.createHash("sha256").update("a").digest("hex"), crypto.createHmac("sha1", "k").update("a").digest("base64"), crypto.pbkdf2Sync("p", "s", 10, 16, "sha256"), crypto.scryptSync("p", "s", 16)];`,
    compress: `return [String(zlib.gunzipSync(zlib.gzipSync("a"))), String(zlib.brotliDecompressSync(zlib.brotliCompressSync("a")))];`,
  },
);

sameAsWorkers(
  "node:util, node:events and node:url",
  { util: "node:util", events: "node:events", url: "node:url" },
  {
    format: `return [util.format("%s %d %j %o", "a", 1, { b: 1 }, [1]), util.inspect({ a: [1, { b: new Map([[1, 2]]) }] }), util.inspect(new Error("x")).split("\\n")[0]];`,
    compare: `return [[{ a: 1 }, { a: 1 }], [[1], ["1"]], [new Set([{}]), new Set([{}])], [NaN, NaN], [0, -0]].map(([a, b]) => util.isDeepStrictEqual(a, b));`,
    emit: `const emitter = new events.EventEmitter(); return [caught(() => emitter.emit("error", new Error("x"))), caught(() => emitter.on("a")).code, emitter.emit("a")];`,
    parse: `return ["http://u:p@h:1/p?q#f", "//a", "mailto:a@b"].map((one) => ({ ...url.parse(one) }));`,
  },
);

sameAsWorkers(
  "ticks, immediates and timers",
  { timers: "node:timers", hooks: "node:async_hooks", process: "node:process" },
  {
    "a tick is a microtask": `const seen = [];
      Promise.resolve().then(() => seen.push("promise")).then(() => process.nextTick(() => seen.push("tick of a promise"))).then(() => seen.push("promise 2"));
      process.nextTick(() => seen.push("tick"));
      queueMicrotask(() => seen.push("microtask"));
      setTimeout(() => seen.push("timeout"), 0);
      setImmediate(() => seen.push("immediate"));
      await scheduler.wait(50);
      return seen;`,
    "each immediate ends with its microtasks": `const seen = [];
      setImmediate(() => { seen.push(1); process.nextTick(() => seen.push("tick")); setImmediate(() => seen.push(3)); Promise.resolve().then(() => seen.push("promise")); });
      setImmediate(() => seen.push(2));
      await scheduler.wait(50);
      return seen;`,
    "are objects": `const shape = (timer) => [typeof timer, timer.constructor.name, typeof timer[Symbol.dispose]];
      const timer = timers.setTimeout(() => {}, 10);
      return [shape(timer), shape(timers.setImmediate(() => {})), timer.hasRef(), timer.ref() === timer, timer.unref().hasRef(), typeof timer.refresh, typeof timer.close, typeof timer[Symbol.toPrimitive], typeof globalThis.setTimeout(() => {}, 1), typeof globalThis.setImmediate(() => {})];`,
    "are cleared by any function that clears": `let fired = 0;
      const count = () => fired++;
      clearTimeout(timers.setTimeout(count, 5)); timers.clearTimeout(+timers.setTimeout(count, 5)); timers.clearTimeout(setTimeout(count, 5)); clearImmediate(setImmediate(count)); timers.clearInterval(timers.setTimeout(count, 5));
      await scheduler.wait(50);
      return fired;`,
    "pass arguments and contexts on": `const storage = new hooks.AsyncLocalStorage(); const seen = [];
      storage.run(1, () => { process.nextTick((...args) => seen.push(storage.getStore(), ...args), 2, 3); setImmediate((...args) => seen.push(storage.getStore(), ...args), 4); });
      await scheduler.wait(20);
      return seen;`,
    "check what they call": `return [() => process.nextTick(5), () => timers.setTimeout("x")].map(caught).map((error) => error?.code ?? null);`,
  },
  {
    "check what they call": [
      [null, "ERR_INVALID_ARG_TYPE"],
      ["ERR_INVALID_ARG_TYPE", "ERR_INVALID_ARG_TYPE"],
    ],
  },
);
