// Tags: oracle
// The oldest and the newest Jest and Vitest that the environments work with, each on a suite that all versions run.
// `npm run environments` runs those between as well.

import { describe } from "node:test";
import { RUNNERS } from "../../scripts/runners.mjs";
import { differs } from "../support/miniflare.mjs";
import { assertPassed, runSuite } from "../support/runners.mjs";
import { within } from "../support/test.mjs";

const test = within(290_000);

/** How many tests the suites have. */
const TESTS = { jest: 85, vitest: 22 };

describe("the environments", differs("they are packages of their own there"), () => {
  for (const [name, versions] of Object.entries(RUNNERS)) {
    for (const runner of [versions.at(0), versions.at(-1)]) {
      test(`run a suite on ${name} ${runner.version}`, async (t) =>
        assertPassed(await runSuite(t, runner), TESTS[name]));
    }
  }
});
