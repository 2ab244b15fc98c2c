// Random programs over D1 databases of today do here what they do on Miniflare 4: rows, changes, errors. MINIFLARE_D1_PROGRAMS
// says how many programs there are.
//
// These members of `meta` are left out: `size_after`, since Miniflare 4 has a table of its own in each database; `rows_read` and
// `rows_written`, which are estimates here; and, of statements that insert nothing, `last_row_id`, which there may be that of
// its own table.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { programOf } from "../support/d1-programs.mjs";
import { outcomesOf } from "../support/d1-reference.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const PROGRAMS = Number(process.env.MINIFLARE_D1_PROGRAMS ?? 20);
const test = within(240_000);

/** Executes the program of the request on the database that its path names. */
const script = `export default { async fetch(request, env) {
  const db = env[new URL(request.url).pathname.slice(1)];
  return Response.json(await (${outcomesOf})(db, await request.json()));
} };`;

/** What came of each program on a database of its own. */
async function outcomesOn(Class, programs) {
  const d1Databases = programs.map((_, index) => `DB${index}`);
  const mf = new Class({ modules: true, script, d1Databases, compatibilityDate: "2024-09-23" });
  try {
    const outcomes = [];
    for (const [index, program] of programs.entries()) {
      const init = { method: "POST", body: JSON.stringify(program) };
      outcomes.push(await (await mf.dispatchFetch(`http://localhost/DB${index}`, init)).json());
    }
    return outcomes;
  } finally {
    await mf.dispose();
  }
}

/** A step's outcome without what is left out. */
function compared(outcome, [, ...statements]) {
  const without = (one, [sql]) => {
    const { size_after, rows_read, rows_written, last_row_id, ...meta } = one.meta;
    return { ...one, meta: /^INSERT/.test(sql) ? { ...meta, last_row_id } : meta };
  };
  if (Array.isArray(outcome)) return outcome.map((one, index) => (one?.meta ? without(one, statements[index]) : one));
  return outcome?.meta ? without(outcome, statements[0]) : outcome;
}

describe("random programs over a D1 database of today", () => {
  test(`do what they do on Miniflare 4, ${PROGRAMS} times`, async (t) => {
    const random = randomOf(seedOf(t));
    const programs = Array.from({ length: PROGRAMS }, () => programOf(random));
    const [theirs, ours] = [await outcomesOn(Miniflare4, programs), await outcomesOn(Miniflare, programs)];
    for (const [index, program] of programs.entries()) {
      for (const [at, step] of program.entries()) {
        const shown = `program ${index}, step ${at}: ${JSON.stringify(step)}`;
        assert.deepEqual(compared(ours[index][at], step), compared(theirs[index][at], step), shown);
      }
    }
  });
});
