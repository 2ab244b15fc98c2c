// D1 databases in the environments for Jest and Vitest: `getMiniflareBindings()`, migrations, and storage that each test has for
// itself.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const files = {
  "migrations/0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE);",
  "migrations/0002_ada.sql": "INSERT INTO users (name) VALUES ('Ada');",
};

/** Tests that all insert the same name, and values that are those of the test's realm. */
const SUITE = `
const { DB } = getMiniflareBindings();
const names = async () => (await DB.prepare("SELECT name FROM users ORDER BY id").raw()).flat();

beforeAll(async () => {
  await applyD1Migrations(DB, "migrations");
});

describe("a test", () => {
  beforeAll(async () => {
    await DB.prepare("INSERT INTO users (name) VALUES ('Bob')").run();
  });

  for (let number = 0; number < 3; number++) {
    test("has the tables of its file and the rows of its describe, " + number, async () => {
      expect(await names()).toStrictEqual(["Ada", "Bob"]);
      await DB.batch([DB.prepare("INSERT INTO users (name) VALUES (?)").bind("Eve"), DB.prepare("DELETE FROM users WHERE id = 1")]);
      await DB.exec("CREATE TABLE other (a)");
      expect(await names()).toStrictEqual(["Bob", "Eve"]);
    });
  }

  test("gets values of its own realm", async () => {
    const { results, meta } = await DB.prepare("SELECT name, x'0102' AS bytes FROM users").all();
    expect(results).toStrictEqual([{ name: "Ada", bytes: [1, 2] }, { name: "Bob", bytes: [1, 2] }]);
    expect(meta instanceof Object).toBe(true);
    expect(await DB.prepare("SELECT 1 AS a").raw({ columnNames: true })).toStrictEqual([["a"], [1]]);
    expect((await DB.batch([DB.prepare("SELECT 1 AS a")])).map(({ results }) => results)).toStrictEqual([[{ a: 1 }]]);
    await expect(DB.prepare("SELEC").all()).rejects.toThrow(Error);
    expect((await DB.dump()).byteLength).toBeGreaterThan(4096);
  });
});

test("outside has the rows of the file", async () => {
  expect(await names()).toStrictEqual(["Ada"]);
});`;

describe("a D1 database in the environment", () => {
  test("for Jest is restored after each test", async (t) => {
    const source = `const { applyD1Migrations } = require("miniflare-rs");\n${SUITE}`;
    const cwd = suiteOf(t, { source, options: { d1Databases: ["DB"] }, files });
    const { code, result, messages } = await jest(cwd);
    assert.equal(code, 0, messages);
    assert.equal(result.numPassedTests, 5);
  });

  test("for Jest is the one of the worker's script", async (t) => {
    const source = `test("worker", async () => {
      const { DB, OBJECT } = getMiniflareBindings();
      await DB.exec("CREATE TABLE t (a)");
      const stub = OBJECT.get(OBJECT.newUniqueId());
      expect(await (await stub.fetch("http://localhost/")).json()).toStrictEqual([[1]]);
      expect(await DB.prepare("SELECT a FROM t").raw()).toStrictEqual([[1]]);
    });`;
    const script = `export class Thing {
      constructor(state, env) { this.env = env; }
      async fetch() {
        await this.env.DB.prepare("INSERT INTO t VALUES (1)").run();
        return Response.json(await this.env.DB.prepare("SELECT a FROM t").raw());
      }
    }`;
    const options = { modules: true, script, d1Databases: ["DB"], durableObjects: { OBJECT: "Thing" } };
    const { code, messages } = await jest(suiteOf(t, { source, options, files }));
    assert.equal(code, 0, messages);
  });

  test("for Vitest is restored after each test", async (t) => {
    const empty = emptyProject(t);
    const cwd = project(t, empty, ["vitest"]);
    const config = `export default { test: {
      environment: "./node_modules/miniflare-rs/lib/node/vitest.js",
      environmentOptions: { d1Databases: ["DB"] },
      include: ["d1.test.mjs"],
    } };`;
    const source = `import { beforeAll, expect, test } from "vitest";
      import { applyD1Migrations } from "miniflare-rs";
      const describe = setupMiniflareIsolatedStorage();\n${SUITE}`;
    write(cwd, { ...files, "vitest.config.mjs": config, "d1.test.mjs": source });
    const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok /gm).length, 5, stdout);
  });
});
