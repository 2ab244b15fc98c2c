// The drivers of drizzle-orm and kysely for D1, unchanged, in the worker and in Node.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";
import { TABLES, useDrizzle, useKysely } from "./fixtures/drivers.mjs";

const test = within(60_000);
const fixture = fileURLToPath(new URL("./fixtures/drivers.mjs", import.meta.url));

const DRIZZLE = {
  ada: {
    ...{ id: 1, name: "Ada", isAdmin: true, born: "1815-12-10T00:00:00.000Z" },
    ...{ settings: { theme: "dark" }, picture: null },
  },
  selected: [{ name: "Ada" }, { name: "Eve" }, { name: "Robert" }],
  joined: [{ title: "one", id: 1, name: "Ada" }],
  upserted: [{ isAdmin: true }],
  prepared: [2, null],
  related: {
    name: "Ada",
    posts: [
      { id: 1, userId: 1, title: "one", rating: 4.5 },
      { id: 2, userId: 1, title: "two", rating: null },
    ],
  },
  deleted: 1,
  count: 2,
  refused: "D1_ERROR: UNIQUE constraint failed: users.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
};
const KYSELY = {
  inserted: ["2", "bigint"],
  returned: [["Zoe", 1]],
  rows: [
    { name: "Ada", posts: 2 },
    { name: "Zoe", posts: 0 },
  ],
  deleted: "2",
  tables: [
    ["posts", 4],
    ["users", 6],
  ],
  raw: [{ a: "a" }],
  refused: "no such table: nope: SQLITE_ERROR",
};

/** The fixture with its libraries, as one script. */
async function bundle() {
  const bundled = await rolldown({ input: fixture, platform: "browser", logLevel: "silent" });
  const { output } = await bundled.generate({ format: "esm", codeSplitting: false });
  return output[0].code;
}

describe("the drivers of drizzle-orm and kysely", () => {
  test("work in the worker", async (t) => {
    const mf = create(t, { modules: true, script: await bundle(), d1Databases: ["DB"] });
    await (await mf.getD1Database("DB")).exec(TABLES);
    assert.deepEqual(await json(mf), [DRIZZLE, KYSELY]);
  });

  test("work in Node", async (t) => {
    const db = await create(t, { script: "" }).getD1Database("DB");
    await db.exec(TABLES);
    assert.deepEqual(await useDrizzle(db), DRIZZLE);
    assert.deepEqual(await useKysely(db), KYSELY);
  });
});
