// Node's own tests of its modules: which of them say something about a worker, and how one runs in a worker of its own, on a
// clock that the run moves.
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The modules of Node, by the start of the names of their tests. */
export const MODULES = {
  assert: ["assert"],
  async_hooks: ["async-hooks", "async-local-storage"],
  buffer: ["buffer"],
  crypto: ["crypto"],
  diagnostics_channel: ["diagnostics-channel"],
  events: ["event-emitter", "events", "eventtarget"],
  path: ["path"],
  process: ["process", "next-tick"],
  punycode: ["punycode"],
  querystring: ["querystring"],
  stream: ["stream", "readable"],
  string_decoder: ["string-decoder"],
  timers: ["timers"],
  url: ["url", "whatwg-url"],
  util: ["util"],
  zlib: ["zlib"],
};

/** Tests without a useful result in a worker: `[pattern of a name or of a text, why]`. */
const LEFT_OUT_NAMES = [
  [/^test-(async-hooks|async-wrap)-/, "asks for hooks of resources, which Workers do not have"],
  [
    /^test-(events-uncaught|crypto-(fips|dh-leak|no-algorithm|secure-heap|worker|key-objects-messageport))/,
    "asks for a process",
  ],
  [
    /^test-process-(abort|binding|chdir|config|constants|cpuUsage|(get|set)e?[gu]|env-(sideeffects|tz)|euid|exec|exit|external|features|finalization|get-active|getactive|getgroups|initgroups|kill|load-env|no-deprecation|ppid|raw-debug|redirect|ref-unref|release|remove-all|report|setsource|setgroups|threadCpu|title|uid-gid|umask|uptime|uv|versions|warning|wrap)/,
    "asks for a process of the system",
  ],
  [
    /^test-(buffer-pool-untransferable|buffer-sharedarraybuffer|stream-base|stream-pipe-multiple)/,
    "asks for threads or sockets",
  ],
  [
    /immediate-queue|16GB|long-running|crypto-dh(-constructor|-errors|-generate-keys|-odd-key|-stateless|-padding)?\.js|keygen-async-(dsa|explicit)|stringbytes-external|-out-of-memory|enough-test-mem/,
    "takes minutes, or gigabytes",
  ],
];
const LEFT_OUT_TEXTS = [
  [/(while|for) \([^)]*(Date\.now|hrtime)\(/, "waits for the time of the system in a loop"],
  [/expose[-_]internals|internalBinding|process\.binding|internal\/|primordials/, "asks for what is inside of Node"],
  [/child_process|spawnPromisified|process\.execPath|fork\(/, "starts a process"],
  [/worker_threads|MessageChannel|MessagePort|postMessage|cluster'/, "starts a thread"],
  [
    /['"](node:)?(vm|v8|fs|fs\/promises|net|tls|http|https|http2|dgram|domain|repl|inspector|tty|readline)['"]/,
    "asks for another module",
  ],
  [
    /Flags:.*--(expose[-_]gc|abort|max-old|title|zero-fill|pending-deprecation|no-deprecation|throw-deprecation|trace|experimental|js-|permission|force|enable-source)/,
    "asks for a flag of the command",
  ],
  [
    /common\/(gc|tmpdir|wpt|hijackstdio|arraystream|tick|countdown|internet)|process\.(stdin|stdout|stderr|openStdin|dlopen)/,
    "asks for files, or for the terminal",
  ],
  [
    /import\(|createHook|executionAsyncId|triggerAsyncId|executionAsyncResource/,
    "asks for hooks of resources, or loads code",
  ],
];

const isLeftOut = (name, text) =>
  LEFT_OUT_NAMES.some(([pattern]) => pattern.test(name)) || LEFT_OUT_TEXTS.some(([pattern]) => pattern.test(text));

/**
 * The tests of each module: `[{ module, name, total }]`, where `isLeftOut` marks those without a useful result.
 * @param {string} folder Node's sources
 */
export function findTests(folder) {
  const parallel = path.join(folder, "test/parallel");
  const names = readdirSync(parallel)
    .filter((name) => /^test-.*\.m?js$/.test(name))
    .sort();
  return Object.entries(MODULES).flatMap(([module, starts]) => {
    const pattern = new RegExp(`^test-(${starts.join("|")})[-.]`);
    return names
      .filter((name) => pattern.test(name))
      .map((name) => ({ module, name, isLeftOut: isLeftOut(name, readFileSync(path.join(parallel, name), "utf8")) }));
  });
}

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const OURS = { index: here("common.js"), fixtures: here("fixtures.js") };
const BUILT_IN = new Set(builtinModules);

/** Helpers of Node's tests are ours, as far as they ask for a process or for files. */
const helpers = {
  name: "helpers",
  setup({ onResolve }) {
    onResolve({ filter: /(^|\/)common(\/(index|fixtures)(\.m?js)?)?$/ }, ({ path: name }) => ({
      path: OURS[name.includes("fixtures") ? "fixtures" : "index"],
    }));
    onResolve({ filter: /^(node:)?test$/ }, () => ({ path: here("test.js") }));
    onResolve({ filter: /^[^.]/ }, ({ path: name }) =>
      name.startsWith("node:") || BUILT_IN.has(name) ? { path: name, external: true } : undefined,
    );
    // What a test only tries to load need not be there.
    onResolve({ filter: /does-not-exist/ }, ({ path: name }) => ({ path: name, external: true }));
  },
};

const extensionOf = (name) => (name.endsWith(".mjs") ? ".mjs" : ".cjs");

/** What an ES module needs of CommonJS. */
const REQUIRE = `import { createRequire as requireOf } from "node:module"; const require = requireOf("/");`;

/** Bundles tests with the helpers that they use, each into a file of the folder `built`. */
export async function buildTests(folder, built, names) {
  for (const [format, extension] of [
    ["cjs", ".cjs"],
    ["esm", ".mjs"],
  ]) {
    const chosen = names.filter((name) => extensionOf(name) === extension);
    await build({
      entryPoints: chosen.map((name) => path.join(folder, "test/parallel", name)),
      ...{ format, bundle: true, outdir: built, outExtension: { ".js": extension }, plugins: [helpers] },
      banner: { js: format === "esm" ? REQUIRE : "" },
      ...{ platform: "node", target: "esnext", logLevel: "silent", treeShaking: false },
    });
  }
}

const PROGRAM = readFileSync(here("program.js"), "utf8");
const NOW = Date.UTC(2026, 8, 15);
/** How often, and after how long, a test whose calls are missing is looked at again. */
const MOST_TRIES = 40;
const TRY_MS = 25;
/** Then a test has hung. */
const MOST_MS = 60_000;
/** How long a test may take on the worker's clock. */
const LASTS_MS = 3_000;
/** And of actual time, as CPU time of one turn. */
const CPU_LIMIT_MS = 5_000;

/** Whether calls are missing, which may still come. */
async function waits(mf) {
  const response = await mf.dispatchFetch("http://localhost/waits");
  return response.json();
}

async function measure(mf) {
  await mf.clock.set(NOW);
  // A module may wait for timers at its top level.
  const begun = mf.dispatchFetch("http://localhost/begin");
  await mf.clock.advance(LASTS_MS);
  await begun;
  // What threads compute, such as operations of Web Crypto, does not follow the clock.
  for (let tries = 0; tries < MOST_TRIES && (await waits(mf)); tries++) await setTimeout(TRY_MS);
  const response = await mf.dispatchFetch("http://localhost/end");
  return response.json();
}

function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = globalThis.setTimeout(() => reject(new Error(`not done after ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Runs a test that is built; resolves with `{ skipped, failures: [{ text, stack }] }`. */
export async function runTest({ Miniflare, NoOpLog }, { folder, built, name }) {
  const file = path.basename(name, path.extname(name)) + extensionOf(name);
  const mf = new Miniflare({
    script: PROGRAM.replace("test-file", `./${file}`),
    scriptPath: path.join(built, "program.mjs"),
    modules: true,
    modulesRules: [{ type: "CommonJS", include: ["**/*.cjs"] }],
    bindings: {
      name,
      read: (fixture) => new Uint8Array(readFileSync(path.join(folder, "test/fixtures", fixture))),
      versions: { openssl: process.versions.openssl },
    },
    compatibilityDate: "2026-09-01",
    compatibilityFlags: ["nodejs_compat"],
    cpuLimitMs: CPU_LIMIT_MS,
    globalAsyncIO: true,
    globalRandom: true,
    globalTimers: true,
    log: new NoOpLog(),
  });
  try {
    return await within(MOST_MS, measure(mf));
  } catch (error) {
    return { failures: [{ text: `${error.name}: ${error.message.split("\n")[0]}`, stack: error.stack }] };
  } finally {
    await mf.dispose().catch(() => {});
  }
}
