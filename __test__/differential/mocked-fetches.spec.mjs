// Mocks in random scripts answer, refuse and redirect workers' fetches as those of Miniflare 2 do, to the word.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run } from "../support/child.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const side = fileURLToPath(new URL("mocked-fetches.mjs", import.meta.url));
const oracle = fileURLToPath(import.meta.resolve("miniflare"));

/** What an implementation prints, line by line. Ours says more of a redirect that it refuses. */
async function printed(env) {
  const args = ["--experimental-vm-modules", "--no-warnings", side];
  const { code, stdout, stderr } = await run(process.execPath, args, { env: { ...process.env, ...env } });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.replace(/"(unexpected redirect|redirect count exceeded): (?:[^"\\]|\\.)*"/g, '"$1"').split("\n");
}

test("workers see of mocks what they see in Miniflare 2", async () => {
  const [ours, theirs] = await Promise.all([printed({}), printed({ MINIFLARE_IMPL: oracle })]);
  assert.ok(ours.length > 500, `${ours.length} lines`);
  for (const [index, line] of theirs.entries()) assert.equal(ours[index], line);
  assert.equal(ours.length, theirs.length);
});
