// A spec file that does not end, or ends badly, explains itself in the report of `npm test`: the tests that were running, or that
// none was, and what keeps its process alive.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root, run } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

/** For a file, in milliseconds. It says what keeps it alive ten seconds before, which is after it has started. */
const LIMIT = 25_000;
const script = (name) => pathToFileURL(path.join(root, "scripts", name)).href;

const FILES = {
  "open.spec.mjs": `import net from "node:net"; import { test } from "node:test";
    test("leaves a server", () => void net.createServer().listen(0, "127.0.0.1"));`,
  "waits.spec.mjs": `import { describe, test } from "node:test";
    describe("a suite", () => { test("ends", () => {}); test("waits", () => new Promise(() => setInterval(() => {}, 1000))); });`,
  "blocks.spec.mjs": `import { test } from "node:test";
    test("ends", () => {}); test("blocks", () => { for (;;); });`,
  "crashes.spec.mjs": `import { test } from "node:test";
    test("ends", () => {}); test("crashes", () => process.abort());`,
};
/** Since Node 24, nothing ends a file whose thread is blocked. */
const hasLimit = Number(process.versions.node.split(".")[0]) < 24;

/** What the report says of each file. */
async function reported(t) {
  const { "blocks.spec.mjs": blocks, ...others } = FILES;
  const files = hasLimit ? { ...others, "blocks.spec.mjs": blocks } : others;
  const cwd = folder(t, files);
  const notes = folder(t);
  const report = path.join(notes, "report.jsonl");
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const args = [
    `--import=${script("spec-watch.mjs")}?limit=${LIMIT}&notes=${notes}`,
    ...["--test", "--test-concurrency=4", `--test-timeout=${LIMIT}`],
    ...[`--test-reporter=${script("spec-report.mjs")}`, `--test-reporter-destination=${report}`],
    ...Object.keys(files),
  ];
  await run(process.execPath, args, { cwd, env: { ...env, MINIFLARE_SPEC_NOTES: notes } });
  const rows = fs.readFileSync(report, "utf8").trim().split("\n").map(JSON.parse);
  return new Map(
    rows.flatMap(({ failure }) => (failure === undefined ? [] : [[path.basename(failure.name), failure.error]])),
  );
}

let reports;
const explained = async (t, file) => (await (reports ??= reported(t))).get(file);

describe("the report of a spec file", () => {
  test("that leaves something open says what", async (t) => {
    const text = await explained(t, "open.spec.mjs");
    assert.match(
      text,
      /What keeps this process alive: Server on \{"address":"127\.0\.0\.1".*\}\nNo test was running\.$/,
    );
  });

  test("that waits names the test", async (t) => {
    assert.match(await explained(t, "waits.spec.mjs"), /alive: Timeout\nRunning at that time: a suite › waits$/);
  });

  const since24 = !hasLimit && "Node has no limit for files";
  test("whose thread is blocked names the test", { skip: since24 }, async (t) => {
    assert.match(await explained(t, "blocks.spec.mjs"), /Its thread was blocked.*\nThe last test that began: blocks$/);
  });

  test("that crashes names the test", async (t) => {
    assert.match(await explained(t, "crashes.spec.mjs"), /\nThe last test that began: crashes$/);
  });
});
