// One body, run where users can run it: in the worker, on what is bound or global there, and in Node, on what the
// instance gives out, with the classes of the package. Values come back through JSON, so that both may be compared with the same.

import assert from "node:assert/strict";
import { CAUGHT, json } from "./dispatch.mjs";
import { create, Request, Response } from "./miniflare.mjs";
import { test } from "./test.mjs";

const AsyncFunction = (async () => {}).constructor;

/**
 * Makes a function that defines two tests of one body, `(name, body, expected, options)`.
 * @param parameter what the body calls the object that it is about
 * @param inside an expression for it in the worker
 * @param outside gives it to Node: `(mf) => promise`
 * @param base options of the instance
 */
export function inBothRealms(parameter, inside, outside, base = {}) {
  return (name, body, expected, options = {}) => {
    const source = `${CAUGHT}\n${body}`;
    const script = `export default { async fetch(request, env) {
      const value = await (async (${parameter}) => { ${source}\n })(${inside});
      return new Response(JSON.stringify(value ?? null));
    } };`;
    test(`${name}, in the worker`, options, async (t) => {
      assert.deepEqual(await json(create(t, { ...base, script })), expected);
    });
    test(`${name}, from Node`, options, async (t) => {
      const object = await outside(create(t, { ...base, script }));
      const run = new AsyncFunction(parameter, "Request", "Response", source);
      const value = await run(object, Request, Response);
      assert.deepEqual(JSON.parse(JSON.stringify(value ?? null)), expected);
    });
  };
}
