// Tags: oracle
// The same thing very often: memory stays flat, and the last time costs what the first did.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { differs, isOracle } from "../support/miniflare.mjs";
import { root, run } from "../support/child.mjs";
import { within } from "../support/test.mjs";

const test = within(290_000);

const SLACK_MB = 24;
const SLACK_RATIO = 1.5;
const RUNS = 3;
const KEEPS = differs("it keeps what it disposed of");
const HIBERNATES = differs("there is no hibernation");
const soak = path.join(root, "__test__/support/soak.mjs");
const flags = ["--expose-gc", "--no-warnings", ...(isOracle ? ["--experimental-vm-modules"] : [])];

async function measured(subject, count) {
  const { code, signal, timedOut, stdout, stderr } = await run(
    process.execPath,
    [...flags, soak, subject, String(count)],
    { timeout: 280_000 },
  );
  assert.deepEqual({ code, signal, timedOut }, { code: 0, signal: null, timedOut: false }, stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

/**
 * What has grown, if anything. A heap grows to its working size and stays there, a leak grows for ever: memory is compared
 * between the middle and the end, whose least of three forgives a late collection.
 */
function growthOf({ megabytes, times }) {
  const shown = megabytes.map((value) => value.toFixed(0)).join(" ");
  const grown = Math.min(...megabytes.slice(-3)) - megabytes[Math.floor(megabytes.length / 2)];
  if (grown >= SLACK_MB) return `memory has grown by ${grown.toFixed(1)} MB: ${shown}`;
  const ratio = Math.min(...times.slice(-3)) / times.slice(0, 3).sort((a, b) => a - b)[1];
  const costs = times.map((value) => value.toFixed(1)).join(" ");
  if (ratio >= SLACK_RATIO) return `one costs ${ratio.toFixed(1)} times as much at the end, in µs: ${costs}`;
  return undefined;
}

/** A busy machine may slow the end of one run down; what grows does so in every run. */
async function staysFlat(subject, count) {
  const growth = [];
  while (growth.length < RUNS) {
    const grown = growthOf(await measured(subject, count));
    if (grown === undefined) return;
    growth.push(grown);
  }
  assert.fail(growth.join("\n"));
}

describe("cost and memory stay flat", () => {
  test("over 1,000 instances made and disposed", KEEPS, () => staysFlat("cycles", 1_000));

  test("over 1,000 reloads", KEEPS, () => staysFlat("reloads", 1_000));

  test("over 100,000 dispatches", () => staysFlat("dispatches", 100_000));

  test("over 100,000 errors", () => staysFlat("errors", 100_000));

  test("over 1,000 mocks", differs("its mocks stay"), () => staysFlat("mocks", 1_000));

  test("over 50,000 interceptors of a mock", differs("patterns become slow"), () => staysFlat("interceptors", 50_000));

  test("over 100,000 messages of 1,000 sockets of one object", () => staysFlat("messages", 100_000));

  test("over 40,000 sockets opened and closed", () => staysFlat("sockets", 40_000));

  test("over 100,000 messages to 10,000 sockets of 100 objects, which hibernate again and again", HIBERNATES, () =>
    staysFlat("hibernation", 100_000),
  );

  test("over 60,000 lives of 10,000 objects with a database each", differs("it has no SQL in objects"), () =>
    staysFlat("databases", 60_000),
  );

  test("over 20,000 sockets that only one side closes", () => staysFlat("halfClosed", 20_000));

  test("over a million crossings between the heaps", () => staysFlat("crossings", 1_000_000));

  test("over 100,000 crossings of web objects and errors", differs("it has one heap"), () =>
    staysFlat("webObjects", 100_000),
  );
});
