// A process that tells what it was told is safe, one line of JSON each, and is killed in the middle of its work.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { root } from "./child.mjs";

/** Between two lines most of the work is done; this is some of it. */
const LATEST_MS = 40;

/**
 * Runs Node until the test ends, or it has told a random number of lines that count, up to `most`, and kills it a moment later. How far the
 * process comes is measured by what it tells, not by time: a machine under load kills no earlier.
 * @returns what it has told
 */
export async function runAndKill(t, args, { most, counts = () => true }) {
  const child = spawn(process.execPath, ["--no-warnings", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const closed = once(child, "close");
  const told = [];
  let left = 1 + Math.floor(Math.random() * most);
  for await (const line of createInterface({ input: child.stdout })) {
    const value = parsed(line);
    if (value === undefined) continue;
    told.push(value);
    if (counts(value) && --left === 0) setTimeout(() => child.kill("SIGKILL"), Math.random() * LATEST_MS);
  }
  assert.deepEqual(await closed, [null, "SIGKILL"], JSON.stringify(told.slice(-8)));
  return told;
}

/** The last line may be cut off. */
function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
