// The tests of a WPT checkout: which of them are for workers, and how one runs in a worker of its own.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { StepError } from "./steps.mjs";

export const HARNESS = "resources/testharness.js";
// The harness ends what waits for something that never comes, so that the rest of the file counts.
const TIMEOUT_MS = { normal: 10_000, long: 40_000 };
// Then the file itself must have ended.
const GRACE_MS = 20_000;

const PASSED = 0;
/** Of a test for something that is optional, and not there. */
const PRECONDITION_FAILED = 4;

/** From then on Workers are nearest to the standards. */
const STANDARD = "2022-11-30";

/** What only pages have: a `.window.js` that speaks of it is for them. */
const PAGES =
  /\b(document|iframe|frames|XMLHttpRequest|window\.(open|onload|frames)|opener|localStorage|trustedTypes)\b/;

/** The paths of the tests for workers, in each of their variants; `isChosen` is asked for each path. */
export function findTests(folder, isChosen) {
  return readdirSync(folder, { recursive: true })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => /\.(any|window)\.js$/.test(file) && isChosen(file))
    .filter((file) => statSync(path.join(folder, file)).isFile() && isForWorkers(folder, file))
    .sort()
    .flatMap((file) => variantsOf(folder, file));
}

const metaOf = (text, key) => [...text.matchAll(/^\/\/ META: ([^=]+)=(.*)$/gm)].filter(([, name]) => name === key);

function variantsOf(folder, file) {
  const variants = metaOf(readFileSync(path.join(folder, file), "utf8"), "variant").map(([, , variant]) => variant);
  return variants.length === 0 ? [file] : variants.map((variant) => file + variant.trim());
}

/** A test may say which kinds of global scope it is for. One for windows alone is tried unless it needs a page. */
function isForWorkers(folder, file) {
  const text = readFileSync(path.join(folder, file), "utf8");
  const global = metaOf(text, "global")[0]?.[2] ?? (file.endsWith(".window.js") ? "window" : "worker");
  return /worker|shadowrealm/.test(global) || (/window/.test(global) && !PAGES.test(text));
}

/** Runs a test; resolves to `{ passed, failures: { [name]: message } }`. */
export async function runTest(Miniflare, { folder, test, origin }) {
  const text = await readScript({ folder, name: path.join(folder, test.split("?")[0]), origin });
  const timeout = TIMEOUT_MS[metaOf(text, "timeout").length > 0 ? "long" : "normal"];
  const mf = new Miniflare({
    script: await scriptOf({ folder, test, text, origin, timeout }),
    compatibilityDate: STANDARD,
    actualTime: true,
    globalAsyncIO: true,
    globalTimers: true,
    globalRandom: true,
  });
  try {
    return countOf(await within(timeout + GRACE_MS, ask(mf)));
  } catch (error) {
    return { passed: 0, failures: { [ITSELF]: error.message.split("\n")[0] } };
  } finally {
    await mf.dispose().catch(() => {});
  }
}

/** The name of what fails outside of all tests of a file. */
export const ITSELF = "the file itself";

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
  const failed = tests.filter((test) => test.status !== PASSED && test.status !== PRECONDITION_FAILED);
  const failures = Object.fromEntries(failed.map(({ name, message }) => [name, message]));
  if (status.status !== PASSED) failures[ITSELF] = status.message;
  return { passed: tests.filter((test) => test.status === PASSED).length, failures };
}

/** One service worker of everything a test loads: the harness first, and last what hands the results out. */
async function scriptOf({ folder, test, text, origin, timeout }) {
  const [file] = test.split("?");
  const names = metaOf(text, "script").map(([, , name]) => scriptPath(folder, file, name.trim()));
  const scripts = await Promise.all(names.map((name) => readScript({ folder, name, origin })));
  const harness = readFileSync(path.join(folder, HARNESS), "utf8");
  return [before(`${origin}/${test}`), harness, collect(timeout), ...scripts, strictly(text), AFTER].join("\n;\n");
}

/** One script is strict or is not; a test that begins as strict code goes on as such. */
const strictly = (text) => (/^(\s|\/\/.*)*["']use strict["']/.test(text) ? `(() => {${text}\n})();` : text);

/** The server fills in what a script leaves open. */
async function readScript({ folder, name, origin }) {
  if (!name.includes(".sub.")) return readFileSync(name, "utf8");
  const response = await fetch(`${origin}/${path.relative(folder, name)}`);
  return response.text();
}

function scriptPath(folder, file, name) {
  const [plain] = name.split("?");
  const found = plain.startsWith("/") ? path.join(folder, plain) : path.join(folder, path.dirname(file), plain);
  if (!existsSync(found))
    throw new StepError(`${file} wants ${name}, which is not there`, "check the checkout out whole");
  return found;
}

/** What a worker of a page has and a Worker has not: a location, which URLs are relative to, and basic responses. */
const before = (location) => `
globalThis.postMessage = () => {};
globalThis.GLOBAL = { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false };
globalThis.location = new URL(${JSON.stringify(location)});
{
  const { fetch, Request, Response } = globalThis;
  const absolute = (input) => (input instanceof Request ? input : new URL(input, location).href);
  globalThis.fetch = (input, ...rest) => {
    try {
      return fetch(absolute(input), ...rest);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  globalThis.Request = new Proxy(Request, {
    construct: (target, [input, ...rest], newTarget) => Reflect.construct(target, [absolute(input), ...rest], newTarget),
  });
  const { get: type } = Object.getOwnPropertyDescriptor(Response.prototype, "type");
  Object.defineProperty(Response.prototype, "type", {
    get() { return this.url === "" ? type.call(this) : "basic"; },
    configurable: true,
    enumerable: true,
  });
  const { redirect } = Response;
  Response.redirect = (url, ...rest) => redirect.call(Response, absolute(url), ...rest);
}`;
const collect = (timeout) => `
setup({ explicit_done: true });
const __results = new Promise((resolve) => add_completion_callback((tests, status) => resolve({
  tests: tests.map(({ name, status, message }) => ({ name, status, message })),
  status: { status: status.status, message: status.message },
})));
setTimeout(() => globalThis.timeout(), ${timeout});
addEventListener("fetch", (event) => event.respondWith(__results.then((results) => Response.json(results))));`;
const AFTER = `done();`;
