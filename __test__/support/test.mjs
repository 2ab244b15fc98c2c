// `test` with a time limit of its own, so that a test that hangs fails alone and its neighbours still speak. It says what the
// programs that the test runs have said so far.

import { test as run } from "node:test";
import { patient } from "./patience.mjs";

/** Tests may put the clock into their own hands. */
const { setTimeout, clearTimeout } = globalThis;

/** The runner's own limit, which knows nothing of what a test waits for, comes after the test's. */
const AFTER_MS = 10_000;

/** What the tests that run now can tell of what they wait for. */
const tellers = new Set();

/** Adds what `show()` gives to the error of a test that has taken too long. */
export function tell(t, show) {
  tellers.add(show);
  t.after(() => tellers.delete(show));
}

/** A `test` whose tests may take `milliseconds` each, on a quiet machine. */
export const within = (milliseconds) => {
  return (name, ...rest) => {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    const limit = options.timeout ?? patient(milliseconds);
    return run(name, { ...options, timeout: limit + AFTER_MS }, limited(body, limit));
  };
};

export const test = within(30_000);

function limited(body, milliseconds) {
  return async (t) => {
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(overdue(milliseconds)), milliseconds);
    });
    try {
      await Promise.race([body(t), limit]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function overdue(milliseconds) {
  const told = [...tellers].map((show) => `\n${show()}`).join("");
  return new Error(`the test was not done after ${milliseconds / 1000} s${told}`);
}
