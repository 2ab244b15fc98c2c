// Folders whose files are damaged: each opens with everything that was confirmed, or is refused and left as it is.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { runScript } from "../support/child.mjs";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const ROUNDS = Number(process.env.MINIFLARE_DAMAGE_ROUNDS ?? 60);
const test = within(60_000 + ROUNDS * 500);

/** What `act` resolves to with an instance over `data` that is disposed of at once. */
async function using(data, act) {
  const mf = new Miniflare(keeperOptions({ durableObjectsPersist: data }));
  try {
    return await act(mf);
  } finally {
    await mf.dispose();
  }
}

/** A process puts entries one by one, and is killed: they are in the log. `fill` puts one of 120 KB before, so often. */
async function writeAndKill(data, entries, fill = 0) {
  const source = `const mf = new Miniflare(${JSON.stringify(keeperOptions({ durableObjectsPersist: data }))});
    const put = (key, value) => mf.dispatchFetch("http://localhost/put?" + key + "=" + value);
    for (let round = 0; round < ${fill}; round++) await put("fill", String(round).padEnd(120_000, "x"));
    for (const [key, value] of ${JSON.stringify(Object.entries(entries))}) await put(key, value);
    process.kill(process.pid, "SIGKILL");`;
  const { signal, stderr } = await runScript(source);
  assert.equal(signal, "SIGKILL", stderr);
}

const LOGGED = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`logged${index}`, "x".repeat(200)]));

/** A folder with entries in a table, and others in the log; `{ data, entries }`. */
async function filled(t, name = "data") {
  const data = path.join(folder(t), name);
  await using(data, (mf) => put(mf, { table: "1" }));
  await using(data, get);
  await writeAndKill(data, LOGGED);
  return { data, entries: { table: "1", ...LOGGED } };
}

const filesOf = (data) => new Map(fs.readdirSync(data).map((name) => [name, fs.readFileSync(path.join(data, name))]));

function restore(data, files) {
  fs.rmSync(data, { recursive: true });
  fs.mkdirSync(data);
  for (const [name, bytes] of files) fs.writeFileSync(path.join(data, name), bytes);
}

const find = (data, pattern) =>
  path.join(
    data,
    fs.readdirSync(data).find((name) => pattern.test(name)),
  );

/** The code that a damaged folder is refused with, after which it is as it was. */
async function refused(t, data) {
  const before = filesOf(data);
  const error = await rejection(get(keeper(t, { durableObjectsPersist: data })));
  assert.ok(error.message.includes(data) && !error.message.includes("/proc/"), error.message);
  assert.deepEqual(filesOf(data), before);
  return error.code;
}

describe("a folder", () => {
  test("without CURRENT is refused, and keeps its tables", async (t) => {
    const { data, entries } = await filled(t);
    const current = fs.readFileSync(path.join(data, "CURRENT"));
    fs.rmSync(path.join(data, "CURRENT"));
    assert.equal(await refused(t, data), "ERR_STORAGE_CORRUPT");
    fs.writeFileSync(path.join(data, "CURRENT"), current);
    assert.deepEqual(await using(data, get), entries);
  });

  test("whose database was not finished when it was made is begun again", async (t) => {
    const data = folder(t, { LOCK: "", IDENTITY: "unfinished", "MANIFEST-000001": "", "000001.dbtmp": "MANIFEST" });
    assert.deepEqual(await using(data, (mf) => put(mf, { a: "1" })), { a: "1" });
    assert.deepEqual(await using(data, get), { a: "1" });
  });

  test("whose log lost a bit of a record's length is refused", async (t) => {
    const { data } = await filled(t);
    const log = find(data, /\.log$/);
    const bytes = fs.readFileSync(log);
    for (const [position, bit] of [
      [4, 0x01],
      [5, 0x40],
      [5, 0x80],
    ]) {
      const damaged = Buffer.from(bytes);
      damaged[position] ^= bit;
      fs.writeFileSync(log, damaged);
      assert.equal(await refused(t, data), "ERR_STORAGE_CORRUPT");
    }
  });

  for (const [how, damage] of Object.entries({
    gone: (log) => fs.rmSync(log),
    emptied: (log) => fs.truncateSync(log),
    "cut off between two records": (log) => fs.truncateSync(log, endOfFirst(fs.readFileSync(log))),
    "cut off within a record that was confirmed": (log) => fs.truncateSync(log, fs.statSync(log).size - 1),
  })) {
    test(`whose log is ${how} is refused`, async (t) => {
      const { data } = await filled(t);
      damage(find(data, /\.log$/));
      assert.equal(await refused(t, data), "ERR_STORAGE_CORRUPT");
    });
  }

  test("whose log ends with a record that was cut off, and not confirmed, opens", async (t) => {
    const { data, entries } = await filled(t);
    const log = find(data, /\.log$/);
    const bytes = fs.readFileSync(log);
    fs.appendFileSync(log, Buffer.concat([Buffer.from([1, 2, 3, 4, 200, 0, 1]), Buffer.alloc(100, 7)]));
    assert.equal(fs.statSync(log).size, bytes.length + 107);
    assert.deepEqual(await using(data, get), entries);
  });

  test("whose manifest was cut off after tables were added to it is refused", async (t) => {
    const data = path.join(folder(t), "data");
    await writeAndKill(data, { early: "1" });
    // More than is in memory at a time: what was written early is in a table when the process is killed.
    await writeAndKill(data, LOGGED, 170);
    const whole = filesOf(data);
    assert.ok([...whole.keys()].filter((name) => name.endsWith(".sst")).length > 0);
    const manifest = find(data, /^MANIFEST/);
    const { size } = fs.statSync(manifest);
    let refusals = 0;
    for (let cut = size - 1; cut > 0; cut -= Math.ceil(size / 40)) {
      restore(data, whole);
      fs.truncateSync(manifest, cut);
      const found = await using(data, (mf) => get(mf).catch((error) => error));
      if (found instanceof Error) {
        assert.equal(found.code, "ERR_STORAGE_CORRUPT", found.message);
        refusals++;
      } else {
        assert.deepEqual([found.early, found.fill.slice(0, 3)], ["1", "169"], `cut to ${cut} of ${size}`);
        for (const key of Object.keys(LOGGED)) assert.equal(found[key], LOGGED[key], `cut to ${cut} of ${size}`);
      }
    }
    assert.ok(refusals > 0);
    restore(data, whole);
    assert.equal((await using(data, get)).early, "1");
  });

  for (const [name, pattern] of [
    ["manifest", /^MANIFEST/],
    ["table", /\.sst$/],
  ]) {
    test(`without its ${name} is refused, whatever words are in its path`, async (t) => {
      const { data } = await filled(t, "lock: While lock file: No space left on device");
      fs.rmSync(find(data, pattern));
      assert.equal(await refused(t, data), "ERR_STORAGE_CORRUPT");
    });
  }
});

function endOfFirst(log) {
  return 7 + log.readUInt16LE(4);
}

/** Damages one file, and says how. */
function damage(data, random) {
  const names = fs.readdirSync(data).filter((name) => name !== "LOCK");
  const name = names[Math.floor(random() * names.length)];
  const file = path.join(data, name);
  const bytes = fs.readFileSync(file);
  const position = Math.floor(random() * bytes.length);
  const how = ["gone", "emptied", "cut off", "flipped"][Math.floor(random() * 4)];
  if (how === "gone") fs.rmSync(file);
  if (how === "emptied") fs.truncateSync(file);
  if (how === "cut off") fs.truncateSync(file, position);
  if (how === "flipped" && bytes.length > 0) {
    bytes[position] ^= 1 << Math.floor(random() * 8);
    fs.writeFileSync(file, bytes);
  }
  return `${name} ${how} at ${position}`;
}

test(`a file that is damaged at random, ${ROUNDS} times, loses nothing without an error`, async (t) => {
  const { data, entries } = await filled(t);
  const whole = filesOf(data);
  const seed = seedOf(t);
  const random = randomOf(seed);
  for (let round = 0; round < ROUNDS; round++) {
    restore(data, whole);
    const what = `seed ${seed}, round ${round}: ${damage(data, random)}`;
    const damaged = filesOf(data);
    const found = await using(data, (mf) => get(mf).catch((error) => error));
    if (found instanceof Error) {
      assert.equal(found.code, "ERR_STORAGE_CORRUPT", `${what}: ${found.message}`);
      // A table is read when something in it is wanted: then the folder has been opened.
      if (!/\.sst/.test(what)) assert.deepEqual(filesOf(data), damaged, what);
    } else {
      assert.deepEqual(found, entries, what);
    }
  }
});
