// `npm run wpt -- <folder of a WPT checkout> [words]`: runs web-platform-tests inside workers and reports, per area, how
// many of them pass. A run is compared with scripts/wpt-expectations.json: a test that failed without being expected to,
// or passed without, fails the run; `--update` writes what happened instead.
//
// What runs are the tests that need no page: `.any.js` and `.window.js`, with the scripts that their META lines name, in
// each of their variants. The checkout's own server (Python) serves them what they fetch.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { main, root, say, StepError } from "./steps.mjs";

const EXPECTATIONS = path.join(root, "scripts/wpt-expectations.json");
const HARNESS = "resources/testharness.js";
// For one file: its slowest tests wait for seconds.
const TIMEOUT_MS = 60_000;
const PASSED = 0;

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
  "fetch/data-urls/",
  "hr-time/",
  "html/webappapis/atob/",
  "html/webappapis/microtask-queuing/",
  "html/webappapis/structured-clone/",
  "html/webappapis/timers/",
  "performance-timeline/",
  "streams/",
  "url/",
  "urlpattern/",
  "user-timing/",
  "wasm/jsapi/",
  "wasm/webapi/",
  "webidl/",
  "xhr/formdata/",
];

/**
 * Runs the tests below `folder` whose path contains one of `words`, or those of the areas above without any; resolves to
 * `{ [file and variant]: { passed, failures } }`. `report(test, result)` is called after each.
 */
export async function runAll({ Miniflare }, folder, words = [], report = () => {}) {
  const harness = path.join(folder, HARNESS);
  if (!existsSync(harness)) throw new StepError(`${folder} has no ${HARNESS}`, "name a checkout of web-platform-tests");
  const server = await startServer(folder);
  const results = {};
  try {
    for (const test of findTests(folder, words).flatMap((file) => variantsOf(folder, file))) {
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

function findTests(folder, words) {
  const isChosen = (file) =>
    words.length === 0 ? AREAS.some((area) => file.startsWith(area)) : words.some((word) => file.includes(word));
  return readdirSync(folder, { recursive: true })
    .filter((file) => /\.(any|window)\.js$/.test(file) && statSync(path.join(folder, file)).isFile())
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => isChosen(file) && isForWorkers(readFileSync(path.join(folder, file), "utf8")))
    .sort();
}

const metaOf = (text, key) => [...text.matchAll(/^\/\/ META: ([^=]+)=(.*)$/gm)].filter(([, name]) => name === key);

function variantsOf(folder, file) {
  const variants = metaOf(readFileSync(path.join(folder, file), "utf8"), "variant").map(([, , variant]) => variant);
  return variants.length === 0 ? [file] : variants.map((variant) => file + variant.trim());
}

/** A test may say which kinds of global scope it is for. */
function isForWorkers(text) {
  const [global] = metaOf(text, "global");
  return global === undefined || /worker|window|shadowrealm/.test(global[2]);
}

async function runTest(Miniflare, test) {
  const mf = new Miniflare({
    script: await scriptOf(test),
    actualTime: true,
    globalAsyncIO: true,
    globalTimers: true,
    globalRandom: true,
  });
  try {
    return countOf(await within(TIMEOUT_MS, ask(mf)));
  } catch (error) {
    return { passed: 0, failures: [`the file itself: ${error.message.split("\n")[0]}`] };
  } finally {
    await mf.dispose().catch(() => {});
  }
}

async function ask(mf) {
  const response = await mf.dispatchFetch("http://localhost/");
  return response.json();
}

function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function countOf({ tests, status }) {
  const failures = tests.filter((test) => test.status !== PASSED).map(({ name }) => name);
  if (status.status !== PASSED) failures.push(`the file itself: ${status.message}`);
  return { passed: tests.filter((test) => test.status === PASSED).length, failures };
}

/** One service worker of everything a test loads: the harness first, and last what hands the results out. */
async function scriptOf({ folder, test, origin }) {
  const [file] = test.split("?");
  const text = readFileSync(path.join(folder, file), "utf8");
  const names = metaOf(text, "script").map(([, , name]) => scriptPath(folder, file, name.trim()));
  const scripts = await Promise.all(names.map((name) => readScript({ folder, name, origin })));
  const harness = readFileSync(path.join(folder, HARNESS), "utf8");
  return [before(`${origin}/${test}`), harness, COLLECT, ...scripts, text, AFTER].join("\n;\n");
}

/** The server fills in what a script leaves open. */
async function readScript({ folder, name, origin }) {
  if (!name.includes(".sub.")) return readFileSync(name, "utf8");
  const response = await fetch(`${origin}/${path.relative(folder, name)}`);
  return response.text();
}

function scriptPath(folder, file, name) {
  const found = name.startsWith("/") ? path.join(folder, name) : path.join(folder, path.dirname(file), name);
  if (!existsSync(found))
    throw new StepError(`${file} wants ${name}, which is not there`, "check the checkout out whole");
  return found;
}

/** What a worker of a page has and a Worker has not: a location, which the URLs that tests fetch are relative to. */
const before = (location) => `
globalThis.postMessage = () => {};
globalThis.GLOBAL = { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false };
globalThis.location = new URL(${JSON.stringify(location)});
{
  const absolute = (input) => (typeof input === "string" ? new URL(input, location).href : input);
  const { fetch, Request } = globalThis;
  globalThis.fetch = (input, ...rest) => fetch(absolute(input), ...rest);
  globalThis.Request = new Proxy(Request, {
    construct: (target, [input, ...rest], newTarget) => Reflect.construct(target, [absolute(input), ...rest], newTarget),
  });
}`;
const COLLECT = `
setup({ explicit_done: true });
const __results = new Promise((resolve) => add_completion_callback((tests, status) => resolve({
  tests: tests.map(({ name, status, message }) => ({ name, status, message })),
  status: { status: status.status, message: status.message },
})));
addEventListener("fetch", (event) => event.respondWith(__results.then((results) => Response.json(results))));`;
const AFTER = `done();`;

/** What is not as expected: `{ failed, passed }`, lists of "file: test". */
export function compare(results, expectations) {
  const failed = [];
  const passed = [];
  for (const [file, { failures }] of Object.entries(results)) {
    const expected = expectations[file] ?? [];
    failed.push(...failures.filter((name) => !expected.includes(name)).map((name) => `${file}: ${name}`));
    passed.push(...expected.filter((name) => !failures.includes(name)).map((name) => `${file}: ${name}`));
  }
  return { failed, passed };
}

/** Counts per area, the first folder of a path. */
export function areas(results) {
  const table = {};
  for (const [file, { passed, failures }] of Object.entries(results)) {
    const area = file.split("/")[0];
    const row = (table[area] ??= { area, files: 0, passed: 0, failed: 0 });
    row.files++;
    row.passed += passed;
    row.failed += failures.length;
  }
  return Object.values(table);
}

function readExpectations() {
  return existsSync(EXPECTATIONS) ? JSON.parse(readFileSync(EXPECTATIONS, "utf8")) : {};
}

function update(results) {
  const failing = Object.entries(results).filter(([, { failures }]) => failures.length > 0);
  const expectations = { ...readExpectations() };
  for (const file of Object.keys(results)) delete expectations[file];
  Object.assign(expectations, Object.fromEntries(failing.map(([file, { failures }]) => [file, failures])));
  const sorted = Object.fromEntries(Object.entries(expectations).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(EXPECTATIONS, `${JSON.stringify(sorted, null, 2)}\n`);
}

async function wpt() {
  const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  const [folder] = words.splice(0, 1);
  if (folder === undefined) throw new StepError("no folder", "npm run wpt -- <folder of a WPT checkout> [words]");
  build();
  const results = await runAll(
    await import(pathToFileURL(path.join(root, "index.mjs")).href),
    path.resolve(folder),
    words,
    (test, { failures }) => failures.length > 0 && say(`${test}: ${failures.length} failed`),
  );
  for (const { area, files, passed, failed } of areas(results)) {
    say(`${area}: ${passed} passed, ${failed} failed, ${files} files`);
  }
  if (process.argv.includes("--update")) return update(results);
  const { failed, passed } = compare(results, readExpectations());
  for (const name of failed) say(`failed unexpectedly: ${name}`);
  for (const name of passed) say(`expected to fail, and passed: ${name}`);
  process.exitCode = failed.length + passed.length > 0 ? 1 : 0;
}

main(import.meta.url, wpt);
