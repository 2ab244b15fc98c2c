// States of databases in a folder: bookmarks are good after a restart, whatever has ended the process and whoever has written the
// files meanwhile, and they cost the pages that commits have changed. MINIFLARE_CRASH_RUNS says how many processes are killed
// (200 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import { copyFileSync, readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { door } from "../support/child.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { runAndKill } from "../support/killed.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { within } from "../support/test.mjs";

const RUNS = Number(process.env.MINIFLARE_CRASH_RUNS ?? 20);
const DAY = 86_400_000;
const test = within(600_000 + RUNS * 20_000);
/** States that are asked for after a kill: older ones may be beyond the bytes that are kept. */
const RECENT = 60;

const script = `export class Box {
  constructor(state) {
    this.state = state;
    this.storage = state.storage;
    this.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (a, b)");
  }
  alarm() {}
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    return Response.json((await this[pathname.slice(1)](searchParams.get("value"))) ?? null);
  }
  async add(value) {
    this.storage.sql.exec("INSERT INTO t VALUES (?, NULL)", value);
    this.storage.kv.put("last", value);
    this.storage.setAlarm(8e12 + Number(value));
    return this.storage.getCurrentBookmark();
  }
  /** Rows of a page each. */
  fill(count) {
    for (let row = 0; row < count; row++) this.storage.sql.exec("INSERT INTO t VALUES ('fill', ?)", "x".repeat(3500));
    return this.storage.getCurrentBookmark();
  }
  clear() {
    this.storage.sql.exec("DELETE FROM t WHERE a = 'fill'");
    return this.storage.getCurrentBookmark();
  }
  async get() {
    const rows = this.storage.sql.exec("SELECT a, count(*) FROM t GROUP BY a ORDER BY min(rowid)").raw().toArray();
    return [rows, this.storage.kv.get("last"), await this.storage.getAlarm(), this.storage.sql.exec("PRAGMA quick_check").one()];
  }
  bookmark() { return this.storage.getCurrentBookmark(); }
  at(time) { return this.storage.getBookmarkForTime(Number(time)); }
  back(bookmark) { return this.storage.onNextSessionRestoreBookmark(bookmark); }
}
export default { fetch(request, env) { return env.BOX.get(env.BOX.idFromName("a")).fetch(request); } };`;

const ask = (mf, what, value = "") => json(mf, `http://localhost/${what}?value=${value}`);
const evict = async (mf) => mf.evictDurableObject((await mf.getDurableObjectNamespace("BOX")).idFromName("a"));
const optionsOf = (place, durability) => ({
  modules: true,
  script,
  durableObjects: BOX,
  durableObjectsPersist: place,
  durability,
});

/** Goes back, and gives what is there then, and the bookmark that undoes it. */
async function visit(mf, bookmark) {
  const undo = await ask(mf, "back", bookmark);
  await evict(mf);
  return [await ask(mf, "get"), undo];
}

/** The files of the room's databases, with their sizes. */
function filesIn(place) {
  const sqlite = path.join(place, "sqlite");
  return readdirSync(sqlite).map((name) => [path.join(sqlite, name), statSync(path.join(sqlite, name)).size]);
}
const historyBytes = (place) =>
  filesIn(place).reduce(
    (sum, [name, size]) => (name.includes("-history") && !name.endsWith("-shm") ? sum + size : sum),
    0,
  );

for (const durability of ["os", "sync"]) {
  describe(`bookmarks of a database in a folder (durability "${durability}")`, () => {
    test("are good after a restart, and so is what was asked for before it", async (t) => {
      const options = optionsOf(folder(t), durability);
      const first = create(t, options);
      const bookmarks = [];
      const states = [];
      for (let number = 0; number < 4; number++) {
        bookmarks.push(await ask(first, "add", number));
        states.push(await ask(first, "get"));
      }
      await ask(first, "back", bookmarks[1]);
      await first.dispose();

      const second = create(t, options);
      assert.deepEqual(await ask(second, "get"), states[1]);
      assert.ok((await ask(second, "bookmark")) > bookmarks[3], "to go back makes a new state");
      for (const number of [3, 0, 2]) assert.deepEqual((await visit(second, bookmarks[number]))[0], states[number]);
      const undo = await ask(second, "back", bookmarks[0]);
      await second.dispose();

      const third = create(t, options);
      assert.deepEqual(await ask(third, "get"), states[0]);
      assert.deepEqual((await visit(third, undo))[0], states[2]);
    });

    test("are found by times of the clock, for 30 days, over restarts", async (t) => {
      const options = optionsOf(folder(t), durability);
      const bookmarks = [];
      for (let number = 0; number < 4; number++) {
        const mf = create(t, options);
        await mf.clock.set((1000 + 10 * number) * DAY);
        bookmarks.push(await ask(mf, "add", number));
        await mf.dispose();
      }
      const mf = create(t, options);
      await mf.clock.set(1035 * DAY);
      assert.equal(await ask(mf, "at", 1029 * DAY), bookmarks[2]);
      assert.equal(await ask(mf, "at", 1006 * DAY), bookmarks[0]);
      await mf.clock.set(1041 * DAY);
      assert.match((await rejection(ask(mf, "back", bookmarks[0]))).message, /Invalid bookmark/);
      assert.match((await rejection(ask(mf, "at", 1006 * DAY))).message, /no bookmark for that time/);
      assert.equal(await ask(mf, "at", 1012 * DAY), bookmarks[1]);
      assert.deepEqual((await visit(mf, bookmarks[1]))[0][0], [
        ["0", 1],
        ["1", 1],
      ]);
    });
  });
}

describe("the states of a database in a folder", () => {
  test("are those of its commits, however large these are and whenever the instance restarts", async (t) => {
    const random = randomOf(seedOf(t));
    const options = optionsOf(folder(t), "os");
    const states = [];
    let mf = create(t, options);
    for (let step = 0; step < 40; step++) {
      const dice = random();
      if (dice < 0.1) {
        await mf.dispose();
        mf = create(t, options);
      } else if (dice < 0.2) await evict(mf);
      else if (dice < 0.75 || states.length === 0) {
        // Three of the large ones are more than a log has before it is copied to the file.
        const [what, value] = dice < 0.5 ? ["add", step] : dice < 0.68 ? ["fill", 400] : ["clear", ""];
        states.push([await ask(mf, what, value), await ask(mf, "get")]);
      } else {
        const [bookmark, state] = states[Math.floor(random() * states.length)];
        assert.deepEqual((await visit(mf, bookmark))[0], state, `step ${step}`);
      }
    }
    for (const [bookmark, state] of states.slice(0, 12)) assert.deepEqual((await visit(mf, bookmark))[0], state);
  });

  test("take the pages that commits have changed, and none without a bookmark", async (t) => {
    const place = folder(t);
    const mf = create(t, optionsOf(place, "os"));
    await mf.dispatchFetch("http://localhost/get");
    assert.equal(historyBytes(place), 0);
    await ask(mf, "fill", 500);
    const before = historyBytes(place);
    assert.ok(before > 500 * 4096, `${before} bytes for the content`);
    const COMMITS = 100;
    for (let number = 0; number < COMMITS; number++) await ask(mf, "add", number);
    const each = (historyBytes(place) - before) / COMMITS;
    // A copy of the file would be 2 MB. A commit has changed a few pages of 4 kB, and the log of the states has theirs.
    t.diagnostic(`${Math.round(each)} bytes for a commit`);
    assert.ok(each < 20 * 4096, `${each} bytes for a commit`);
  });

  test("go on when the file was replaced while no instance had it", async (t) => {
    const place = folder(t);
    const options = optionsOf(place, "os");
    const copies = folder(t);
    let mf = create(t, options);
    const bookmarks = [await ask(mf, "add", 1)];
    await mf.dispose();
    const files = filesIn(place).flatMap(([name]) => (/sqlite3(-wal)?$/.test(name) ? [name] : []));
    for (const file of files) copyFileSync(file, path.join(copies, path.basename(file)));
    mf = create(t, options);
    bookmarks.push(await ask(mf, "add", 2));
    const state = await ask(mf, "get");
    await mf.dispose();
    for (const [file] of filesIn(place)) if (!file.includes("-history")) rmSync(file);
    for (const file of files) copyFileSync(path.join(copies, path.basename(file)), file);
    mf = create(t, options);
    assert.deepEqual((await ask(mf, "get"))[0], [["1", 1]]);
    const now = await ask(mf, "bookmark");
    assert.ok(now > bookmarks[1], "what is there is a new state");
    assert.deepEqual((await visit(mf, bookmarks[1]))[0], state);
    assert.deepEqual((await visit(mf, now))[0][0], [["1", 1]]);
  });

  test("are those of their own file: bookmarks of another one are unknown", async (t) => {
    const place = folder(t);
    const options = optionsOf(place, "os");
    const first = create(t, options);
    const bookmark = await ask(first, "add", 1);
    await first.dispose();
    for (const [file] of filesIn(place)) if (file.includes("-history")) rmSync(file);
    const second = create(t, options);
    assert.notEqual(await ask(second, "bookmark"), bookmark);
    assert.match((await rejection(ask(second, "back", bookmark))).message, /Invalid bookmark/);
  });
});

for (const [where, place] of Object.entries({ memory: () => false, "a folder": (t) => folder(t) })) {
  test(`a snapshot brings back what a next life was to start from (${where})`, async (t) => {
    const mf = create(t, optionsOf(place(t), "os"));
    const first = await ask(mf, "add", 1);
    await ask(mf, "add", 2);
    const restore = await mf.snapshotStorage();
    await ask(mf, "back", first);
    await restore();
    assert.deepEqual((await ask(mf, "get"))[0], [
      ["1", 1],
      ["2", 1],
    ]);
    await ask(mf, "back", first);
    const again = await mf.snapshotStorage();
    await evict(mf);
    assert.deepEqual((await ask(mf, "get"))[0], [["1", 1]]);
    await again();
    assert.equal((await ask(mf, "get"))[0].length, 2);
    await evict(mf);
    assert.deepEqual((await ask(mf, "get"))[0], [["1", 1]]);
  });
}

/** Adds numbers, and prints the bookmark of each. */
const writer = (options, first) => `import { writeSync } from "node:fs";
  import { Miniflare } from ${JSON.stringify(door)};
  const mf = new Miniflare(${JSON.stringify(options)});
  for (let number = ${first}; ; number++) {
    const res = await mf.dispatchFetch("http://localhost/add?value=" + number);
    writeSync(1, JSON.stringify([number, await res.json()]) + "\\n");
    if (number % 7 === 0) await mf.dispatchFetch("http://localhost/fill?value=30");
    if (number % 14 === 0) await mf.dispatchFetch("http://localhost/clear");
  }`;

const addAndKill = (t, options, first) =>
  runAndKill(t, ["--input-type=module", "--eval", writer(options, first)], { most: 30 });

const numbersTo = (last) => Array.from({ length: last }, (_, index) => [String(index + 1), 1]);
const withoutFill = ([rows]) => rows.filter(([value]) => value !== "fill");

describe("a process that is killed while states are kept", () => {
  test(`${RUNS} times, has kept all states that it has told of`, async (t) => {
    const options = optionsOf(folder(t), "os");
    const told = [];
    for (let run = 0; run < RUNS; run++) {
      const first = told.length + 1;
      told.push(...(await addAndKill(t, options, first)));
      const mf = new Miniflare(options);
      const now = withoutFill(await ask(mf, "get"));
      assert.ok(
        now.length >= told.length && now.length <= told.length + 1,
        `run ${run}: ${now.length}, ${told.length}`,
      );
      assert.deepEqual(now, numbersTo(now.length), `run ${run}`);
      const undo = await ask(mf, "bookmark");
      const recent = told.slice(-RECENT);
      const [number, bookmark] = recent[Math.floor(Math.random() * recent.length)];
      const [state] = await visit(mf, bookmark);
      assert.deepEqual(withoutFill(state), numbersTo(number), `run ${run}, state ${number}`);
      assert.equal(state[3].quick_check, "ok");
      assert.deepEqual(withoutFill((await visit(mf, undo))[0]), now, `run ${run}, back again`);
      // The next process goes on from the number that was told of last.
      if (now.length > told.length) await visit(mf, told.at(-1)[1]);
      await mf.dispose();
    }
  });
});
