// D1 databases in Durable Objects: calls pass the gates of the object, and count for its requests.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const script = `export class Thing {
  constructor(state, env) {
    this.state = state;
    this.env = env;
    state.blockConcurrencyWhile(async () => {
      await env.DB.exec("CREATE TABLE IF NOT EXISTS log (a)");
    });
  }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const { DB } = this.env;
    // While storage is used, no other event gets in.
    const before = (await this.state.storage.get("n")) ?? 0;
    await DB.prepare("INSERT INTO log VALUES (?)").bind("begin " + pathname).run();
    this.state.storage.put("n", before + 1);
    const [, counted] = await DB.batch([
      DB.prepare("INSERT INTO log VALUES (?)").bind("end " + pathname),
      DB.prepare("SELECT count(*) AS n FROM log"),
    ]);
    return Response.json([before, counted.results[0].n]);
  }
}
export default { async fetch(request, { OBJECT }) {
  return OBJECT.get(OBJECT.idFromName("a")).fetch(request);
} };`;

describe("a D1 database in a Durable Object", () => {
  test("can be used by the constructor and by requests, beside storage", async (t) => {
    const options = { modules: true, script, d1Databases: ["DB"], durableObjects: { OBJECT: "Thing" } };
    const mf = create(t, options);
    const answers = await Promise.all([1, 2, 3].map((number) => json(mf, `http://localhost/${number}`)));
    assert.deepEqual(answers.map(([, rows]) => rows).sort(), [2, 4, 6]);
    const db = await mf.getD1Database("DB");
    const { results } = await db.prepare("SELECT a, count(*) AS n FROM log GROUP BY a").all();
    assert.deepEqual(
      results.map(({ n }) => n),
      [1, 1, 1, 1, 1, 1],
    );
  });
});
