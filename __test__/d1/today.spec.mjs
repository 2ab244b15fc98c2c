// Random programs over D1 databases of today do here what they do on Miniflare 4: rows, changes, errors. MINIFLARE_D1_PROGRAMS
// says how many programs there are.
//
// These members of `meta` are left out: `size_after`, since Miniflare 4 has a table of its own in each database; `rows_read` and
// `rows_written`, which are estimates here; and, of statements that insert nothing, `last_row_id`, which there may be that of
// its own table.

import { describe } from "node:test";
import { programOf } from "../support/d1-programs.mjs";
import { outcomesOf } from "../support/d1-reference.mjs";
import { compareWithMiniflare4 } from "../support/programs.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const PROGRAMS = Number(process.env.MINIFLARE_D1_PROGRAMS ?? 20);
const test = within(240_000);

/** Executes the program of the request on the database that its path names. */
const script = `export default { async fetch(request, env) {
  const db = env[new URL(request.url).pathname.slice(1)];
  return Response.json(await (${outcomesOf})(db, await request.json()));
} };`;

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
    await compareWithMiniflare4({ script, option: "d1Databases", programs, compared });
  });
});
