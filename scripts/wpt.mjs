// `npm run wpt -- <folder of a WPT checkout> [starts of paths]`: runs web-platform-tests inside workers and reports, per area, how
// many of them pass. A run is compared with scripts/wpt-expectations.json: a test that failed without being expected to,
// or passed without, fails the run; `--update` writes what happened instead.
//
// What runs are the tests that need no page: `.any.js` and `.window.js`, with the scripts that their META lines name, in
// each of their variants. The checkout's own server (Python) serves them what they fetch.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { main, root, say, StepError } from "./steps.mjs";
import { findTests, HARNESS, runTest } from "./wpt-tests.mjs";

const EXPECTATIONS = path.join(root, "scripts/wpt-expectations.json");
/** In place of the names of a file's failing tests: all of them. */
const ALL = "*";

/** What runs when no words choose: what a worker has of the platform. */
const AREAS = [
  "FileAPI/",
  "WebCryptoAPI/",
  "compression/",
  "console/",
  "dom/abort/",
  "dom/events/",
  "encoding/",
  "fetch/api/abort/",
  "fetch/api/basic/",
  "fetch/api/body/",
  "fetch/api/headers/",
  "fetch/api/redirect/",
  "fetch/api/request/",
  "fetch/api/response/",
  "fetch/content-encoding/",
  "fetch/content-length/",
  "hr-time/",
  "html/webappapis/atob/",
  "html/webappapis/microtask-queuing/",
  "html/webappapis/structured-clone/",
  "html/webappapis/timers/",
  "streams/",
  "url/",
  "urlpattern/",
  "wasm/jsapi/",
  "wasm/webapi/",
  "webidl/",
  "xhr/formdata/",
];

/** Tests without a useful result here: `[pattern of a path, why]`. */
const LEFT_OUT = [
  [/idlharness/, "compares each interface with a browser's, which Workers' are not"],
  [/historical/, "asks whether something old is gone, which Workers may keep"],
  [/\.h2\./, "wants the server to speak HTTP/2"],
  [/^FileAPI\/(file[Rr]eader|reading-data-section|url\/)/, "there is no FileReader, and fetch knows no blob: URLs"],
  [/^FileAPI\/.*(XHR|xhr|postMessage|sandboxed)/, "there are neither XMLHttpRequest nor pages"],
  [/^WebCryptoAPI\/.*448/, "Workers have no curves of 448 bits"],
  [/^WebCryptoAPI\/generateKey\/.*_RSA/, "makes keys for minutes"],
  [/^console\/console-log-large-array/, "one line of a hundred megabytes"],
  [/^fetch\/api\/.*(cache|cors|keepalive|referrer|mode-|-origin|private-network|mediasource)/, "a browser's rules"],
  [/^fetch\/api\/.*(forbidden|accept-header|sec-|scheme-|conditional-get)/, "a browser's rules"],
  [/^fetch\/api\/basic\/response-null-body/, "the server sends bodies where none may be, sooner or later"],
  [/^fetch\/.*(zstd|navigation)/, "Workers ask for gzip and deflate"],
  [/shadowrealm|^streams\/transferable|owning-type/, "there are no shadow realms, no ports, and no streams that own"],
  [/^encoding\/(replacement|unsupported)-encodings/, "there is no XMLHttpRequest"],
  [/^wasm\/jsapi\/(function\/|.*type.*tentative)/, "types of WebAssembly that V8 has not turned on"],
  [/^webidl\/.*(legacy-fact|named-properties)/, "there is neither Image nor Window"],
  [/^urlpattern\/.*(compare|https)/, "not part of the standard yet, or the same once more"],
];

/**
 * Runs the tests below `folder` whose path starts with one of `starts`, by default the areas above; resolves to
 * `{ [file and variant]: { passed, failures: { [name]: message } } }`. `report(test, result)` is called after each.
 */
export async function runAll({ Miniflare }, folder, starts = AREAS, report = () => {}) {
  const harness = path.join(folder, HARNESS);
  if (!existsSync(harness)) throw new StepError(`${folder} has no ${HARNESS}`, "name a checkout of web-platform-tests");
  const isChosen = (file) =>
    starts.some((start) => file.startsWith(start)) && !LEFT_OUT.some(([pattern]) => pattern.test(file));
  const server = await startServer(folder);
  const results = {};
  try {
    for (const test of findTests(folder, isChosen)) {
      results[test] = await runTest(Miniflare, { folder, test, origin: server.origin });
      report(test, results[test]);
    }
  } finally {
    server.stop();
  }
  return results;
}

/** A folder without the server is served nothing. */
async function startServer(folder) {
  if (!existsSync(path.join(folder, "tools/wptserve"))) return { origin: "http://localhost", stop: () => {} };
  const script = path.join(root, "scripts/wpt-server.py");
  const server = spawn("python3", [script, folder], { stdio: ["pipe", "pipe", "inherit"] });
  const [ports] = await new Promise((resolve, reject) => {
    const refused = (reason) => reject(new StepError(`the tests' server did not start: ${reason}`, "install Python 3"));
    server.once("error", (error) => refused(error.message));
    server.once("exit", (code) => refused(`it ended with ${code}`));
    createInterface(server.stdout).once("line", (line) => resolve(line.split(" ")));
  });
  return { origin: `http://localhost:${ports}`, stop: () => server.stdin.end() };
}

/** What is not as expected: `{ failed, passed }`, lists of "file: test". */
export function compare(results, expectations) {
  const failed = [];
  const passed = [];
  for (const [file, { passed: count, failures }] of Object.entries(results)) {
    const expected = expectations[file] ?? [];
    if (expected === ALL) {
      if (count > 0) passed.push(`${file}: ${count} of its tests`);
      continue;
    }
    const unexpected = Object.entries(failures).filter(([name]) => !expected.includes(name));
    failed.push(...unexpected.map(([name, message]) => `${file}: ${name}: ${message}`));
    passed.push(...expected.filter((name) => !Object.hasOwn(failures, name)).map((name) => `${file}: ${name}`));
  }
  return { failed, passed };
}

/** Counts per area; elsewhere, the first folder of a path is one. */
export function areas(results) {
  const table = {};
  for (const [file, { passed, failures }] of Object.entries(results)) {
    const area = (AREAS.find((start) => file.startsWith(start)) ?? file.split("/")[0]).replace(/\/$/, "");
    const row = (table[area] ??= { area, files: 0, passed: 0, failed: 0 });
    row.files++;
    row.passed += passed;
    row.failed += Object.keys(failures).length;
  }
  return Object.values(table);
}

function readExpectations() {
  return existsSync(EXPECTATIONS) ? JSON.parse(readFileSync(EXPECTATIONS, "utf8")) : {};
}

/** Writes what failed, in the place of what was written of these tests; of a complete run, of all. */
function update(results, isComplete) {
  const expectations = isComplete ? {} : readExpectations();
  for (const [file, { passed, failures }] of Object.entries(results)) {
    const names = Object.keys(failures);
    if (names.length > 0) expectations[file] = passed === 0 ? ALL : names.sort();
    else delete expectations[file];
  }
  const sorted = Object.fromEntries(Object.entries(expectations).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(EXPECTATIONS, `${JSON.stringify(sorted, null, 2)}\n`);
}

async function wpt() {
  const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  const [folder, ...starts] = words;
  if (folder === undefined)
    throw new StepError("no folder", "npm run wpt -- <folder of a WPT checkout> [starts of paths]");
  build();
  // What a test leaves behind is not this process's to fail with.
  process.on("unhandledRejection", () => {});
  const results = await runAll(
    await import(pathToFileURL(path.join(root, "index.mjs")).href),
    path.resolve(folder),
    starts.length > 0 ? starts : AREAS,
    (test, { failures }) => {
      const count = Object.keys(failures).length;
      if (count > 0) say(`${test}: ${count} failed`);
    },
  );
  for (const { area, files, passed, failed } of areas(results)) {
    say(`${area}: ${passed} passed, ${failed} failed, ${files} files`);
  }
  if (process.argv.includes("--update")) return update(results, starts.length === 0);
  const { failed, passed } = compare(results, readExpectations());
  for (const line of failed) say(`failed unexpectedly: ${line}`);
  for (const line of passed) say(`expected to fail, and passed: ${line}`);
  process.exitCode = failed.length + passed.length > 0 ? 1 : 0;
}

main(import.meta.url, wpt);
