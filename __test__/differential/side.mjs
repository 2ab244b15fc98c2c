// One side of the comparison: runs tables of snippets on one implementation and gives back the texts. As a program, it
// does so for Miniflare 2, with the tables on standard input and the texts into the file that it is called with.

import { writeFileSync } from "node:fs";
import { format } from "node:util";
import { text } from "node:stream/consumers";
import { scriptOf } from "./worker.mjs";

/** Flags that make Miniflare 2's streams those of the standard. */
const COMPATIBILITY_DATE = "2023-12-01";

/** `tables` is `[{ format, snippets, options }]`; the result is a list of texts for each. */
export async function runTables(implementation, tables, origin) {
  const results = [];
  for (const table of tables) results.push(await runTable(implementation, table, origin));
  return results;
}

async function runTable({ Miniflare }, { format: kind = "modules", snippets, options = {} }, origin) {
  const mf = new Miniflare({
    compatibilityDate: COMPATIBILITY_DATE,
    modules: kind === "modules",
    script: scriptOf(snippets, kind),
    bindings: { ORIGIN: origin, ...bindings() },
    ...options,
  });
  try {
    const texts = [];
    for (const index of snippets.keys()) texts.push((await runSnippet(mf, index)).replaceAll(origin, "ORIGIN"));
    return texts;
  } finally {
    await mf.dispose();
  }
}

async function runSnippet(mf, index) {
  const response = await mf.dispatchFetch(`http://localhost/${index}?query=1`, {
    method: "POST",
    headers: [
      ["X-Mixed-Case", "Value"],
      ["x-twice", "1"],
      ["X-Twice", "2"],
      ["content-type", "text/plain"],
    ],
    body: "the body",
  });
  return response.text();
}

/** What snippets get of Node besides the address of a server: what a call of the console prints. */
function bindings() {
  return { printed: (method, act) => printed(method, act) };
}

function printed(method, act) {
  const original = console[method];
  const lines = [];
  console[method] = (...args) => void lines.push(format(...args));
  try {
    act();
  } finally {
    console[method] = original;
  }
  return lines.join("\n");
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  // What a snippet breaks in Miniflare 2 outside its own promise would end the process; here it never settles.
  for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => {});
  const { tables, origin } = JSON.parse(await text(process.stdin));
  const { default: implementation } = await import("miniflare");
  const results = await runTables(implementation, tables, origin);
  // Snippets may print; the texts go where only this program writes.
  writeFileSync(process.argv[2], JSON.stringify(results));
  process.exit(0);
}
