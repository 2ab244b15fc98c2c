// The memory of a worker whose streams are read in Node: what has been read is no longer the worker's.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { text, URL_ROOT } from "../support/dispatch.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);
const MIB = 1 << 20;
const TOTAL_MIB = 256;

const script = (chunk) => `export default {
  fetch() {
    let left = ${TOTAL_MIB * MIB};
    return new Response(new ReadableStream({
      pull(controller) {
        if (left <= 0) return controller.close();
        left -= ${chunk};
        controller.enqueue(new Uint8Array(${chunk}));
      },
    }));
  },
};`;

describe("a response of many times the memory limit can be read", () => {
  for (const chunk of [4 << 10, 64 << 10, MIB]) {
    test(`by chunks of ${chunk >> 10} KiB, and as a whole`, async (t) => {
      const mf = create(t, { script: script(chunk), heapLimitMb: 32 });
      let length = 0;
      for await (const part of (await mf.dispatchFetch(URL_ROOT)).body) length += part.byteLength;
      assert.equal(length, TOTAL_MIB * MIB);
      assert.equal((await (await mf.dispatchFetch(URL_ROOT)).arrayBuffer()).byteLength, TOTAL_MIB * MIB);
    });
  }
});

describe("many responses that are read without a turn of the event loop", () => {
  test("leave no memory behind", async (t) => {
    const mf = create(t, {
      script: `export default { fetch: () => new Response(new ReadableStream({
        start(controller) {
          for (let i = 0; i < 16; i++) controller.enqueue(new Uint8Array(4096).fill(97));
          controller.close();
        },
      })) };`,
      heapLimitMb: 32,
    });
    for (let count = 0; count < 2000; count++) assert.equal((await text(mf)).length, 65_536);
  });
});
