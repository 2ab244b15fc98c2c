// Databases of Durable Objects in the environments for Jest and Vitest: objects that the tests construct, their storage, and what
// each test has for itself.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const script = `export class Box {
  constructor(state) { this.sql = state.storage.sql; this.sql.exec("CREATE TABLE IF NOT EXISTS t (a)"); }
  fetch() { this.sql.exec("INSERT INTO t VALUES ('worker')"); return new Response("done"); }
}
export default {};`;

const SUITE = `
const { BOX } = getMiniflareBindings();
const id = BOX.idFromName("a");
const rows = (storage) => storage.sql.exec("SELECT a FROM t").toArray();

class Own {
  constructor(state) { this.state = state; this.sql = state.storage.sql; }
  add(value) {
    this.state.storage.transactionSync(() => this.sql.exec("INSERT INTO t VALUES (?)", value));
    return [...this.sql.exec("SELECT a FROM t").raw()];
  }
}

beforeAll(async () => {
  const storage = await getMiniflareDurableObjectStorage(id);
  storage.sql.exec("CREATE TABLE t (a)");
});

for (let number = 0; number < 3; number++) {
  test("has the tables of its file, " + number, async () => {
    const storage = await getMiniflareDurableObjectStorage(id);
    expect(rows(storage)).toStrictEqual([]);
    await BOX.get(id).fetch("http://localhost/");
    expect(rows(storage)).toStrictEqual([{ a: "worker" }]);
    storage.kv.put("key", { value: number });
    expect(storage.kv.get("key")).toStrictEqual({ value: number });
    const own = new Own(await getMiniflareDurableObjectState(id));
    expect(own.add("own")).toStrictEqual([["worker"], ["own"]]);
    expect(() => storage.sql.exec("SELEC")).toThrow(/syntax error/);
    expect((await getMiniflareDurableObjectIds("BOX")).map(String)).toStrictEqual([String(id)]);
  });
}`;

describe("the database of an object in the environment", () => {
  test("for Jest is restored after each test", async (t) => {
    const { code, result, messages } = await jest(
      suiteOf(t, { source: SUITE, options: { modules: true, script, durableObjects: BOX } }),
    );
    assert.equal(code, 0, messages);
    assert.equal(result.numPassedTests, 3);
  });

  test("for Vitest is restored after each test", async (t) => {
    const cwd = project(t, emptyProject(t), ["vitest"]);
    const options = JSON.stringify({ modules: true, script, durableObjects: BOX });
    const config = `export default { test: {
      environment: "./node_modules/miniflare-rs/lib/node/vitest.js",
      environmentOptions: ${options},
      include: ["sql.test.mjs"],
    } };`;
    const source = `import { beforeAll, expect, test } from "vitest";
      const describe = setupMiniflareIsolatedStorage();
      describe("objects", () => {\n${SUITE}\n});`;
    write(cwd, { "vitest.config.mjs": config, "sql.test.mjs": source });
    const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok /gm).length, 3, stdout);
  });
});
