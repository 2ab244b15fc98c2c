// Short ways to ask a worker something, for tests that are about the answer and not about the asking.

import loose from "node:assert";
import assert from "node:assert/strict";
import { create, isOracle } from "./miniflare.mjs";

export const URL_ROOT = "http://localhost/";

/** The text a worker answers with. */
export async function text(mf, input = URL_ROOT, init = undefined) {
  const response = await mf.dispatchFetch(input, init);
  return response.text();
}

/** The JSON a worker answers with. */
export async function json(mf, input = URL_ROOT, init = undefined) {
  const response = await mf.dispatchFetch(input, init);
  return response.json();
}

/** What a promise is rejected with: any value, not only an error. */
export function rejection(promise) {
  return promise.then(
    (value) => assert.fail(`expected a rejection, got ${String(value)}`),
    (reason) => reason,
  );
}

/** Runs `body` (statements that return) in the handler of a module worker and gives back the value, through JSON. */
export function evaluate(t, body, options = {}) {
  const script = `export default {
    async fetch(request, env, ctx) {
      const value = await (async () => { ${body}\n })();
      return new Response(JSON.stringify(value === undefined ? null : value));
    }
  }`;
  return json(create(t, { ...options, script }));
}

/**
 * Source of a function for workers: `caught(act)` is `[name, message]` of what `act` throws, or a promise of that for
 * what it rejects with.
 */
export const CAUGHT = `
const caught = (act) => {
  const shown = ({ name, message }) => [name, message];
  try {
    const result = act();
    return typeof result?.then === "function" ? result.then(() => "nothing thrown", shown) : "nothing thrown";
  } catch (error) {
    return shown(error);
  }
};`;

/** Lets Node's event loop turn, for things that must not happen however long one waits. */
export async function turns(count = 50) {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A promise with its two ends. */
export function deferred() {
  const result = {};
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
  return result;
}

/**
 * Strict deep equality for values that come out of a worker: they belong to Node's realm. Those of Miniflare 2 belong
 * to the worker's, where strictness about prototypes must fail.
 */
export const deepEqualOutside = isOracle ? loose.deepEqual : assert.deepEqual;
