// `test` with a time limit of its own, so that a test that hangs fails alone and its neighbours still speak.

import { test as run } from "node:test";
import { patient } from "./patience.mjs";

/** A `test` whose tests may take `milliseconds` each, on a quiet machine. */
export const within = (milliseconds) => {
  const timeout = { timeout: patient(milliseconds) };
  return (name, ...rest) => {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    return run(name, { ...timeout, ...options }, body);
  };
};

export const test = within(30_000);
