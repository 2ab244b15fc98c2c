// The same scripts on Miniflare 2 and here. Whatever is not the same is in the list of differences, with its reason; a
// difference that is not there fails, and so does one that is there no more.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as ours from "../../index.mjs";
import { within } from "../support/test.mjs";
import { tables } from "./cases/index.mjs";
import { differences } from "./differences.mjs";
import { startServer } from "./server.mjs";
import { runTables } from "./side.mjs";

const TIMEOUT_MS = 120_000;
const test = within(TIMEOUT_MS);
const side = fileURLToPath(new URL("side.mjs", import.meta.url));

/** Runs the tables on Miniflare 2, which needs a flag and therefore a process of its own. */
async function runOracle(origin) {
  const folder = mkdtempSync(path.join(tmpdir(), "miniflare-rs-differential-"));
  const file = path.join(folder, "texts.json");
  try {
    const flags = ["--experimental-vm-modules", "--no-warnings"];
    // The zone of workers.
    const env = { ...process.env, TZ: "UTC" };
    const child = spawn(process.execPath, [...flags, side, file], { env, stdio: ["pipe", "ignore", "inherit"] });
    const closed = new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
    child.stdin.end(JSON.stringify({ tables, origin }));
    assert.equal(await closed, 0, "Miniflare 2 ran all snippets");
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const known = new Map(differences.flatMap(({ snippets }) => Object.entries(snippets)));

function surprises(snippets, here, there) {
  return snippets.flatMap((snippet, index) => {
    const [mine, theirs] = [here[index], there[index]];
    if (mine === theirs) return known.has(snippet) ? [{ snippet, problem: "is the same now", both: mine }] : [];
    if (!known.has(snippet)) return [{ snippet, problem: "differs", theirs, mine }];
    return known.get(snippet) === mine
      ? []
      : [{ snippet, problem: "is not as listed", listed: known.get(snippet), mine }];
  });
}

// The runs begin with the first test that waits for them.
let runs;
const bothSides = () => (runs ??= runBoth());

async function runBoth() {
  const server = await startServer();
  try {
    return await Promise.all([runTables(ours, tables, server.origin), runOracle(server.origin)]);
  } finally {
    await server.close();
  }
}

describe("scripts do what they do in Miniflare 2, but for the listed differences:", () => {
  for (const [index, { name, snippets }] of tables.entries()) {
    test(`${name}, ${snippets.length} snippets`, async () => {
      const [here, there] = await bothSides();
      assert.deepEqual(surprises(snippets, here[index], there[index]), []);
    });
  }
});

describe("the list of differences", () => {
  test("names snippets that are there", () => {
    const all = new Set(tables.flatMap(({ snippets }) => snippets));
    assert.deepEqual(
      [...known.keys()].filter((snippet) => !all.has(snippet)),
      [],
    );
  });

  test("says why", () => {
    for (const { why } of differences) assert.ok(why.length > 20);
  });
});
