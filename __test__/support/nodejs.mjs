// Snippets that use modules of Node, run in a worker and in Node itself: what comes of each must be the same.

import assert from "node:assert/strict";
import { after, describe } from "node:test";
import { Miniflare } from "./miniflare.mjs";
import { test, within } from "./test.mjs";

/** Miniflare 4 may have to be installed. */
const slowTest = within(300_000);
const AsyncFunction = (async () => {}).constructor;

/** Values as JSON can have them: bytes, errors and what JSON leaves out among them. */
const SHOW = `
  const show = (value) => {
    if (value === undefined) return { undefined: true };
    if (typeof value === "bigint") return { bigint: String(value) };
    if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
    if (typeof value === "function") return { function: value.name };
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Error) return { error: value.name, code: value.code ?? null, message: value.message };
    if (value instanceof Uint8Array) return { bytes: [...value], isBuffer: typeof value.readUInt8 === "function" };
    if (Array.isArray(value)) return value.map(show);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, show(item)]));
  };
  const caught = (work) => { try { return work(); } catch (error) { return error; } };
`;
const run = (body) =>
  `const outcome = await (async () => { ${body} })().catch((error) => error); return show(outcome);`;

/** By the name that snippets use, \`name: specifier\`. */
const importsOf = (modules) =>
  Object.entries(modules).map(([name, specifier]) => `import * as ${name} from "${specifier}";`);

/** A worker that runs the snippet which a request names by its number. */
function workerOf(modules, snippets) {
  const cases = Object.values(snippets).map((body, index) => `${index}: async () => { ${run(body)} }`);
  return `${importsOf(modules).join("\n")}
    ${SHOW}
    const cases = { ${cases.join(",\n")} };
    export default { async fetch(request) { return Response.json(await cases[new URL(request.url).pathname.slice(1)]()); } };`;
}

/**
 * Defines a test for each snippet: what it returns or throws here is what it does on Miniflare 4.
 * @param {string} title what the snippets are about
 * @param {Record<string, string>} modules specifiers, by the names that snippets use
 * @param {Record<string, string>} snippets bodies of asynchronous functions, by what they show
 * @param {Record<string, [theirs: unknown, ours: unknown]>} differences what differs on purpose, by the name of the snippet
 * @param {object} given options of both instances
 */
export function sameAsWorkers(title, modules, snippets, differences = {}, given = {}) {
  const options = { modules: true, script: workerOf(modules, snippets), ...FLAGS, ...given };
  describe(title, () => {
    let both;
    after(() => Promise.all(both?.map((mf) => mf.dispose()) ?? []));
    Object.keys(snippets).forEach((name, index) => {
      slowTest(name, async () => {
        if (both === undefined) {
          const { Miniflare4 } = await import("./miniflare-4.mjs");
          both = [new Miniflare4(options), new Miniflare(options)];
        }
        const responses = await Promise.all(both.map((mf) => mf.dispatchFetch(`http://localhost/${index}`)));
        const [theirs, ours] = await Promise.all(responses.map((response) => response.json()));
        if (differences[name] === undefined) assert.deepEqual(ours, theirs);
        else assert.deepEqual([theirs, ours], differences[name]);
      });
    });
  });
}

/**
 * Defines a test for each snippet: what it returns or throws in a worker is what it does in Node.
 * @param {string} title what the snippets are about
 * @param {Record<string, string>} modules specifiers, by the names that snippets use
 * @param {Record<string, string>} snippets bodies of asynchronous functions, by what they show
 * @param {object} options of the instance
 */
export function sameAsNode(title, modules, snippets, options = {}) {
  const names = Object.keys(snippets);
  const script = workerOf(modules, snippets);
  describe(title, () => {
    let mf;
    after(() => mf?.dispose());
    names.forEach((name, index) => {
      test(name, async () => {
        mf ??= new Miniflare({ modules: true, script, ...FLAGS, ...options });
        const response = await mf.dispatchFetch(`http://localhost/${index}`);
        const imported = await Promise.all(Object.values(modules).map((specifier) => import(specifier)));
        const inNode = new AsyncFunction(...Object.keys(modules), `${SHOW} ${run(snippets[name])}`);
        const expected = await inNode(...imported);
        assert.deepEqual(await response.json(), JSON.parse(JSON.stringify(expected)));
      });
    });
  });
}

/** The options of a worker with Node's modules. */
export const FLAGS = { compatibilityDate: "2025-10-02", compatibilityFlags: ["nodejs_compat"] };
