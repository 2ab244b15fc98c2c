// `test` with a time limit of its own, so that a test that hangs fails alone and its neighbours still speak. It says what the
// programs that the test runs have said so far, and a file whose process does not end says what keeps it.

import { writeSync } from "node:fs";
import { test as run } from "node:test";

/** Tests may put the clock into their own hands. */
const { setTimeout, clearTimeout } = globalThis;

/** The runner's own limit, which knows nothing of what a test waits for, comes after the test's. */
const AFTER_MS = 10_000;
/** How long a process may live on after a test without beginning another. */
const IDLE_MS = 120_000;

/** What the tests that run now can tell of what they wait for. */
const tellers = new Set();

/** Adds what `show()` gives to the error of a test that has taken too long. */
export function tell(t, show) {
  tellers.add(show);
  t.after(() => tellers.delete(show));
}

/** A `test` whose tests may take `milliseconds` each. */
export const within = (milliseconds) => {
  return (name, ...rest) => {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    const limit = options.timeout ?? milliseconds;
    return run(name, { ...options, timeout: limit + AFTER_MS }, limited(body, limit));
  };
};

export const test = within(30_000);

function limited(body, milliseconds) {
  return async (t) => {
    begin();
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(overdue(milliseconds)), milliseconds);
    });
    try {
      await Promise.race([body(t), limit]);
    } finally {
      clearTimeout(timer);
      end();
    }
  };
}

function overdue(milliseconds) {
  const told = [...tellers].map((show) => `\n${show()}`).join("");
  return new Error(`the test was not done after ${milliseconds / 1000} s${told}`);
}

let running = 0;
let idle;

function begin() {
  running++;
  clearTimeout(idle);
}

function end() {
  running--;
  if (running > 0) return;
  idle = setTimeout(() => {
    const kept = process.getActiveResourcesInfo().join(", ");
    writeSync(2, `${process.argv[1]}: no test has run for ${IDLE_MS / 1000} s, but the process goes on: ${kept}\n`);
    process.exit(1);
  }, IDLE_MS);
  idle.unref();
}
