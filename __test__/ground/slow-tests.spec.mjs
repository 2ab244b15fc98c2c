// A test that takes too long says what it waits for, and its neighbours go on.

import assert from "node:assert/strict";
import { run } from "../support/child.mjs";
import { test } from "../support/test.mjs";

const support = new URL("../support/test.mjs", import.meta.url).href;
const SPEC = `
import { tell, within } from ${JSON.stringify(support)};
const test = within(50);
test("hangs", async (t) => {
  tell(t, () => "the program has said: ready");
  await new Promise(() => {});
});
test("follows", { timeout: 60_000 }, async (t) => tell(t, () => "nobody hears this"));
test("has a limit of its own", { timeout: 10 }, () => new Promise(() => {}));
`;

test("a test that hangs fails with what it was told of, and its neighbours are run", async () => {
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const args = ["--input-type=module", "--test-reporter=tap", "--eval", SPEC];
  const { code, stdout, timedOut } = await run(process.execPath, args, { env });
  assert.deepEqual({ code, timedOut }, { code: 1, timedOut: false });
  assert.match(stdout, /not ok 1 - hangs\n.*?the test was not done after 0\.15 s\n\s+the program has said: ready/s);
  assert.match(stdout, /\nok 2 - follows/);
  assert.match(stdout, /not ok 3 - has a limit of its own\n.*?the test was not done after 0\.01 s/s);
  assert.doesNotMatch(stdout, /nobody hears this/);
});
