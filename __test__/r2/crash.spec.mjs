// Ended at random moments while it puts, replaces and deletes large values and completes uploads: what was confirmed is there
// as a whole, and no file is left that belongs to no object. MINIFLARE_CRASH_RUNS says how often (200 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { root } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { runAndKill } from "../support/killed.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { BYTES, MIN, optionsOf } from "../support/r2-crash.mjs";
import { within } from "../support/test.mjs";

const RUNS = Number(process.env.MINIFLARE_CRASH_RUNS ?? 20);
const test = within(60_000 + RUNS * 20_000);
const writer = path.join(root, "__test__/support/r2-crash.mjs");

/** Each kind of write is told of once in five lines. */
const MOST = 15;

/** Runs a writer on `data`, ends it at a random moment, and gives what it had been told by then. */
const writeAndEnd = (t, data, durability, first) =>
  runAndKill(t, [writer, JSON.stringify({ data, durability, first })], { most: MOST });

/** The sizes of the files of a bucket's values in a folder. */
function files(data, bucket) {
  const values = path.join(data, "r2-values", `=${bucket}`);
  const names = existsSync(values) ? readdirSync(values) : [];
  return names.map((name) => statSync(path.join(values, name)).size);
}

/** The number of each object of a bucket. All of an object is of one put. */
async function read(bucket) {
  const found = {};
  for (const { key, size } of (await bucket.list()).objects) {
    const bytes = Buffer.from(await (await bucket.get(key)).arrayBuffer());
    const number = bytes.readUint32BE();
    const expected = Buffer.alloc(size, number % 251);
    for (const begin of key === "parts" ? [0, MIN] : [0]) expected.writeUint32BE(number, begin);
    assert.equal(bytes.compare(expected), 0, `${key} is half there`);
    found[key] = number;
  }
  return found;
}

/** Checks what is stored; the highest number. */
async function check(data, durability, told, round) {
  const mf = new Miniflare(optionsOf(data, durability));
  try {
    const [bucket, uploads] = [await mf.getR2Bucket("BUCKET"), await mf.getR2Bucket("UPLOADS")];
    const found = { ...(await read(bucket)), ...(await read(uploads)) };
    const last = (kind) => told.filter((line) => line.kind === kind).at(-1)?.number ?? 0;
    const context = `round ${round}: found ${JSON.stringify(found)}, told ${JSON.stringify(told.slice(-8))}`;
    for (const kind of ["whole", "stream", "short", "parts"]) {
      assert.ok((found[kind] ?? 0) >= last(kind), `${kind} is lost; ${context}`);
    }
    const only = Object.keys(found).filter((key) => key.startsWith("only"));
    assert.ok(only.includes(`only${last("replace")}`) || only.length > 0 || last("replace") === 0, context);
    const large = Object.keys(found).filter((key) => key !== "short" && key !== "parts");
    assert.deepEqual(files(data, "BUCKET"), Array(large.length).fill(BYTES), `files and objects differ; ${context}`);
    // Each process may have left an upload with two parts that nobody completes.
    const parts = files(data, "UPLOADS").length;
    assert.ok(parts >= ("parts" in found ? 2 : 0) && parts <= 2 * (round + 2), `${parts} parts; ${context}`);
    return Math.max(0, ...Object.values(found));
  } finally {
    await mf.dispose();
  }
}

for (const durability of ["os", "sync"]) {
  const runs = Math.ceil(RUNS / 2);
  describe(`a process that is killed while it writes large values (durability "${durability}")`, () => {
    test(`${runs} times, has kept all that it told of, and no other file`, async (t) => {
      const data = folder(t);
      let first = 1;
      for (let round = 0; round < runs; round++) {
        const told = await writeAndEnd(t, data, durability, first);
        first = (await check(data, durability, told, round)) + 1;
      }
    });
  });
}
