// What `npm run autobahn` makes of the suite's reports.

import assert from "node:assert/strict";
import { failures, grouped, table } from "../../scripts/autobahn.mjs";
import { test } from "../support/test.mjs";

const ok = { behavior: "OK", behaviorClose: "OK" };
const results = {
  "1.1.1": ok,
  "1.1.2": { behavior: "NON-STRICT", behaviorClose: "OK" },
  "7.1.1": { behavior: "OK", behaviorClose: "UNCLEAN" },
  "7.1.2": { behavior: "INFORMATIONAL", behaviorClose: "INFORMATIONAL" },
  "12.1.1": { behavior: "FAILED", behaviorClose: "OK" },
  "13.1.1": { behavior: "UNIMPLEMENTED", behaviorClose: "UNIMPLEMENTED" },
};

test("finds the cases that fail, by what they do or by how they close", () => {
  assert.deepEqual(failures(results), ["7.1.1", "12.1.1"]);
});

test("counts what the cases of a group come to", () => {
  assert.deepEqual(grouped(results), {
    1: { OK: 1, "NON-STRICT": 1 },
    7: { UNCLEAN: 1, INFORMATIONAL: 1 },
    12: { FAILED: 1 },
    13: { UNIMPLEMENTED: 1 },
  });
});

test("makes a table of the halves that ran", () => {
  const lines = table({ client: results, server: { "1.1.1": ok } }).split("\n");
  assert.deepEqual(lines.slice(0, 3), [
    "| cases | subject | client | server |",
    "| --- | --- | --- | --- |",
    "| 1 | framing | 1 ok, 1 non-strict | 1 ok |",
  ]);
  assert.equal(lines.at(-1), "| 13 | compression with various parameters | 1 unimplemented | not run |");
});
