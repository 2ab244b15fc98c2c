// Random programs over D1 databases of the beta do here what they do on Miniflare 2: rows, meta data, errors. Miniflare 2's classes
// run over Node's SQLite: see `support/d1-reference.mjs`. MINIFLARE_D1_PROGRAMS says how many programs there are.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { nodeWithSqlite } from "../../scripts/nodes.mjs";
import { root } from "../support/child.mjs";
import { programOf } from "../support/d1-programs.mjs";
import { outcomesOf } from "../support/d1-reference.mjs";
import { json } from "../support/dispatch.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const PROGRAMS = Number(process.env.MINIFLARE_D1_PROGRAMS ?? 20);
const test = within(180_000);

/** Executes a program, a list of steps, and answers with what came of each. */
const script = `export default { async fetch(request, { __D1_BETA__DB: db }) {
  return Response.json(await (${outcomesOf})(db, await request.json()));
} };`;

const d1Databases = ["__D1_BETA__DB"];
const request = (program) => ({ method: "POST", body: JSON.stringify(program) });

/** What came of the programs on Miniflare 2, in a process of a Node that has SQLite. */
async function onMiniflare2(programs) {
  const child = spawn(nodeWithSqlite(), ["--no-warnings", path.join(root, "__test__/support/d1-reference.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(programs));
  const [outcomes, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  assert.equal(code, 0);
  return JSON.parse(outcomes);
}

describe("random programs over a D1 database of the beta", () => {
  test(`do what they do on Miniflare 2, ${PROGRAMS} times`, async (t) => {
    const random = randomOf(seedOf(t));
    const programs = Array.from({ length: PROGRAMS }, () => programOf(random));
    const theirs = await onMiniflare2(programs);
    for (const [index, program] of programs.entries()) {
      const mf = new Miniflare({ modules: true, script, d1Databases });
      const ours = await json(mf, "http://localhost/", request(program));
      await mf.dispose();
      for (const [step, outcome] of theirs[index].entries()) {
        const shown = `program ${index}, step ${step}: ${JSON.stringify(program[step])}`;
        assert.deepEqual(ours[step], outcome, shown);
      }
    }
  });
});
