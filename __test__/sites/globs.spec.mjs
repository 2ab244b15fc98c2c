// Tags: every-node
// Globs of a site, generated and compared with Miniflare 2: which files the manifest has, which can be read, and what is listed.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const oracle = createRequire(import.meta.url)("miniflare");

const PARTS = ["a", "b", "lib", ".dot", "x y", "Ab", "1"];
const ENDS = [".txt", ".html", ".min.js", "", ".TXT"];
const GLOBS = [
  "*",
  "**",
  "?",
  "a",
  "b",
  "lib",
  ".",
  "/",
  "*.txt",
  "**/*.html",
  "{a,b}",
  "[ab]",
  "!",
  "./",
  ".dot",
  "+(a)",
  "x y",
];
const CASES = 20;

const script = `addEventListener("fetch", (event) => event.respondWith((async () => {
  const names = JSON.parse(new URL(event.request.url).searchParams.get("names"));
  const read = await Promise.all(names.map((name) => __STATIC_CONTENT.get(name)));
  const { keys } = await __STATIC_CONTENT.list();
  return new Response(JSON.stringify([JSON.parse(__STATIC_CONTENT_MANIFEST), read, keys.map(({ name }) => name).sort()]));
})()));`;

/** What a worker answers; of one that cannot be loaded, as for an invalid glob, that it cannot. */
async function ask(Class, options, url) {
  const mf = new Class(options);
  try {
    return await json(mf, url);
  } catch (error) {
    return `not loaded: ${error.name}`;
  } finally {
    await mf.dispose().catch(() => {});
  }
}

describe("globs of a site", () => {
  test(`${CASES} times at random, choose the files that Miniflare 2 chooses`, async (t) => {
    const next = randomOf(seedOf(t));
    const integer = (least, most) => least + Math.floor(next() * (most - least + 1));
    const pick = (list) => list[integer(0, list.length - 1)];
    const name = () => `${Array.from({ length: integer(1, 3) }, () => pick(PARTS)).join("/")}${pick(ENDS)}`;
    // A name that is also that of a folder is none of a file.
    const all = [...new Set(Array.from({ length: 25 }, name))];
    const names = all.filter((one) => !all.some((other) => other.startsWith(`${one}/`)));
    const rootPath = folder(t, Object.fromEntries(names.map((one) => [one, one])));
    const glob = () => Array.from({ length: integer(1, 3) }, () => pick(GLOBS)).join("");
    const globs = () => (integer(0, 2) === 0 ? undefined : Array.from({ length: integer(0, 3) }, glob));
    const url = `http://localhost/?names=${encodeURIComponent(JSON.stringify(names))}`;
    for (let round = 0; round < CASES; round++) {
      const options = { script, rootPath, sitePath: ".", siteInclude: globs(), siteExclude: globs() };
      const [found, expected] = await Promise.all(
        [Miniflare, oracle.Miniflare].map((Class) => ask(Class, options, url)),
      );
      assert.deepEqual(found, expected, JSON.stringify([options.siteInclude, options.siteExclude]));
    }
  });
});
