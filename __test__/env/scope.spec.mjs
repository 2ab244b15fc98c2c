// Tags: oracle
// A test's global scope next to a worker's: names, properties, members, and what they do. Each difference is one of a list,
// which says why.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { otherNodes } from "../../scripts/nodes.mjs";
import { createFetchMock, differs, Miniflare } from "../support/miniflare.mjs";
import { root, run } from "../support/child.mjs";
import { project } from "../support/project.mjs";
import { serveScope } from "../support/scope-server.mjs";
import { within } from "../support/test.mjs";
import { intercept } from "./fixtures/scope/mocks.mjs";
import { differences, NOT_YET, OWN_NAMES } from "./scope-differences.mjs";

const test = within(300_000);
const fixture = fileURLToPath(new URL("./fixtures/scope", import.meta.url));
const nodes = [{ version: process.versions.node, command: process.execPath }, ...otherNodes()];
const major = (version) => Number.parseInt(version, 10);

/** What an environment sets in any case. */
const OF_ENVIRONMENTS = { globalAsyncIO: true, globalTimers: true, globalRandom: true, actualTime: true };

/** Names of the language are for V8 to say. */
const LANGUAGE = new Set(vm.runInNewContext("Object.getOwnPropertyNames(globalThis)"));
const NEWER = new Set([
  "AsyncDisposableStack",
  "DisposableStack",
  "Float16Array",
  "Iterator",
  "SuppressedError",
  "Temporal",
]);
const isOfScope = (name) => !LANGUAGE.has(name) && !NEWER.has(name);

/** A worker, which answers what it is asked about its own scope. */
async function workerScope(t) {
  const scriptPath = path.join(fixture, "worker.mjs");
  const given = [];
  const open = (options) => {
    const mf = new Miniflare({ modules: true, scriptPath, ...OF_ENVIRONMENTS, ...options });
    t.after(() => mf.dispose());
    return async (what) => {
      const response = await mf.dispatchFetch("http://localhost/", { method: "POST", body: JSON.stringify(what) });
      return response.json();
    };
  };
  // The tests are no requests, whose subrequests are counted.
  const ask = open({ subrequestLimit: -1 });
  const fetchMock = createFetchMock();
  intercept(fetchMock, given);
  const names = (await ask({ what: "names" })).filter(isOfScope);
  return {
    names,
    census: await ask({ what: "census", names }),
    probes: await ask({ what: "probes" }),
    fetches: await ask({ what: "fetches", origin: await serveScope(t) }),
    mocks: { results: await open({ fetchMock })({ what: "mocks" }), given: JSON.parse(JSON.stringify(given)) },
  };
}

const RUNNERS = {
  jest: {
    tools: ["jest", "jest-environment-node"],
    files: (bindings) => ({
      "jest.config.json": JSON.stringify({
        testEnvironment: "miniflare-rs/jest",
        testMatch: ["<rootDir>/scope.test.cjs"],
        moduleFileExtensions: ["js", "mjs", "cjs", "json"],
        transform: { "\\.mjs$": "<rootDir>/modules.cjs" },
        testEnvironmentOptions: { modules: true, bindings },
      }),
    }),
    args: (cwd) => [path.join(root, "node_modules/jest/bin/jest.js"), "--no-cache", "--runInBand", "--rootDir", cwd],
  },
  vitest: {
    tools: ["vitest"],
    files: (bindings) => ({
      "vitest.config.mjs": `import { fileURLToPath } from "node:url";
        const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
        const environmentOptions = ${JSON.stringify({ modules: true, bindings })};
        export default { test: { environment, environmentOptions, include: ["scope.test.mjs"] } };`,
    }),
    args: (cwd) => [path.join(root, "node_modules/vitest/vitest.mjs"), "run", "--root", cwd],
  },
};

/** What a test of this runner sees, on this Node. */
async function testScope(t, runner, command, NAMES) {
  const { tools, files, args } = RUNNERS[runner];
  const cwd = project(t, fixture, tools);
  const SEEN_FILE = path.join(cwd, "seen.json");
  const config = files({ NAMES, SEEN_FILE, ORIGIN: await serveScope(t) });
  for (const [name, text] of Object.entries(config)) fs.writeFileSync(path.join(cwd, name), text);
  const { code, stdout, stderr, timedOut } = await run(command, args(cwd), { cwd, timeout: 120_000 });
  assert.equal(timedOut, false, `${runner} did not end\n${stdout}${stderr}`);
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(fs.readFileSync(SEEN_FILE, "utf8"));
}

/** Where two records differ: `{ path, worker, test }`. */
function compare(kind, worker, seen) {
  const keys = new Set([...Object.keys(worker), ...Object.keys(seen)]);
  const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const all = [...keys].map((key) => ({ path: `${kind} ${key}`, worker: text(worker[key]), test: text(seen[key]) }));
  return all.filter((one) => one.worker !== one.test);
}

const KINDS = {
  census: ({ census }) => census,
  probes: ({ probes }) => probes,
  fetches: ({ fetches }) => fetches,
  "mocked fetches": ({ mocks }) => mocks.results,
  "what a mock is given": ({ mocks }) => ({ ...mocks.given }),
};

/** How the two differ, in the words of the list. */
function kindOf({ worker, test }) {
  if (worker === undefined || test === undefined) return test === undefined ? "missing" : "more";
  const bare = (text) => text.replace(/ enumerable$/, "").replace(/\(\d\)|(?<=^\w+ )\d$/, "");
  return bare(worker) === bare(test) ? "attributes" : "other";
}

const matches = (path, one) => (typeof path === "string" ? path === one.path : path.test(one.path));

/** What of the list explains a difference: a path, or undefined. */
function explanationOf(one) {
  const fits = ({ kind, test }) =>
    (kind === undefined || kind === kindOf(one)) && (test === undefined || [test].flat().includes(one.test));
  return differences
    .filter(fits)
    .flatMap(({ paths }) => paths)
    .find((path) => matches(path, one));
}

/** The names of a worker's global scope in Miniflare 2. */
async function namesOfMiniflare2() {
  const source = `const { Miniflare } = require("miniflare");
    const script = "addEventListener('fetch', (e) => e.respondWith(Response.json(Object.getOwnPropertyNames(globalThis))))";
    new Miniflare({ script, compatibilityDate: "2023-05-18" }).dispatchFetch("http://localhost/").then(async (response) =>
      console.log(await response.text()));`;
  const { stdout, stderr } = await run(process.execPath, ["--no-warnings", "--eval", source]);
  assert.ok(stdout.startsWith("["), stderr);
  return JSON.parse(stdout).filter(isOfScope);
}

describe("the global scope of a test", differs("its environments are packages of their own"), () => {
  const used = new Set();
  let names;
  let worker;

  for (const { version, command } of nodes) {
    for (const runner of Object.keys(RUNNERS)) {
      test(`is a worker's: ${runner}, Node ${major(version)}`, async (t) => {
        worker ??= await workerScope(t);
        const seen = await testScope(t, runner, command, worker.names);
        names ??= await namesOfMiniflare2();
        const missing = names.filter((name) => !seen.names.includes(name) && !NOT_YET.includes(name));
        assert.deepEqual(missing, []);
        const found = Object.entries(KINDS).flatMap(([kind, of]) => compare(kind, of(worker), of(seen)));
        const unexplained = found.filter((one) => {
          const explanation = explanationOf(one);
          used.add(explanation);
          return explanation === undefined;
        });
        assert.deepEqual(unexplained, []);
        const more = seen.names.filter((name) => isOfScope(name) && !worker.names.includes(name));
        assert.deepEqual(
          more.filter((name) => !OWN_NAMES.some((own) => own.names.test(name))),
          [],
        );
      });
    }
  }

  test("differs in what its list says, and in nothing else", () => {
    const stale = differences.flatMap(({ paths }) => paths.filter((path) => !used.has(path)));
    assert.deepEqual(stale, []);
  });
});
