// Tags: oracle, every-node
// A body in memory that has no content is none where a status allows no body: in the worker, and in Node.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs, Response as NodeResponse } from "../support/miniflare.mjs";
import { evaluate } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const EMPTY = {
  "a text": `""`,
  "a text object": `new String("")`,
  "an ArrayBuffer": "new ArrayBuffer(0)",
  "a Uint8Array": "new Uint8Array(0)",
  "a view of other elements": "new Float64Array(0)",
  "a DataView": "new DataView(new ArrayBuffer(4), 2, 0)",
  "a view into a buffer": "new Uint8Array(new ArrayBuffer(8), 4, 0)",
  "a Blob": "new Blob([])",
  "a Blob with a type": `new Blob([""], { type: "text/plain" })`,
  "a File": `new File([], "name")`,
  URLSearchParams: "new URLSearchParams()",
  "an array": "[]",
};
const FULL = ["'x'", "new ArrayBuffer(1)", "new Uint8Array(1)", "new Blob(['x'])", "new URLSearchParams('a=b')"];
const STATUSES = [204, 205, 304];
const fails = differs("it is refused");

/** What `Response` makes of a body: the status, the body, its type, and its text. */
const MAKE = `async (body, status) => {
  try {
    const response = new Response(body, { status });
    return [response.status, response.body, response.headers.get("content-type"), await response.text()];
  } catch (error) {
    return error.name;
  }
}`;

const make = new Function("Response", `return ${MAKE}`)(NodeResponse);
const { Blob, File = (await import("node:buffer")).File } = globalThis;
const bodyOf = (source) => new Function("Blob", "File", `return ${source}`)(Blob, File);

describe("a response without a body", () => {
  for (const [name, source] of Object.entries(EMPTY)) {
    const isKnown = source === `""`;
    for (const status of STATUSES) {
      test(`takes ${name} with ${status}, in the worker`, isKnown ? {} : fails, async (t) => {
        assert.deepEqual(await evaluate(t, `return (${MAKE})(${source}, ${status});`), [status, null, null, ""]);
      });

      test(`takes ${name} with ${status}, in Node`, isKnown ? {} : fails, async () => {
        assert.deepEqual(await make(bodyOf(source), status), [status, null, null, ""]);
      });
    }
  }

  for (const source of [...FULL, "new ReadableStream()", "new FormData()"]) {
    test(`refuses ${source}`, async (t) => {
      assert.equal(await evaluate(t, `return (${MAKE})(${source}, 204);`), "TypeError");
      assert.equal(await make(bodyOf(source), 204), "TypeError");
    });
  }

  test("reaches Node as one", fails, async (t) => {
    const body = `const response = new Response(new Uint8Array(0), { status: 204 });
      return [response.status, response.body, (await (await env.pass(response)).text())];`;
    const pass = (response) => response;
    assert.deepEqual(await evaluate(t, body, { bindings: { pass } }), [204, null, ""]);
  });
});

test("an empty body stays one where there may be one", async (t) => {
  const body = `const response = new Response(new Uint8Array(0));
    return [response.body instanceof ReadableStream, await response.text()];`;
  assert.deepEqual(await evaluate(t, body), [true, ""]);
  assert.notEqual(new NodeResponse(new Uint8Array(0)).body, null);
});
