// Workers and streams for the specs about bodies that flow.

import assert from "node:assert/strict";
import { create } from "./miniflare.mjs";
import { deferred } from "./dispatch.mjs";

const STREAMS = { compatibilityDate: "2022-11-30" };
export const CHUNK = 64 * 1024;
/** How many chunks may be under way beyond those that were read. */
export const AHEAD = 16;

/** A module worker whose handler is `body`. */
export const worker = (t, body, options = {}) =>
  create(t, { ...STREAMS, ...options, script: `export default { async fetch(request, env, ctx) { ${body} } }` });

/** What dispatchFetch takes to send a stream. */
export const upload = (body) => ({ method: "POST", body, duplex: "half" });

export const encode = (string) => new TextEncoder().encode(string);

/** All bytes of a stream. */
export async function collect(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Reads until `length` bytes have come. */
export async function readAtLeast(reader, length) {
  let seen = 0;
  while (seen < length) {
    const { value, done } = await reader.read();
    assert.equal(done, false, `the stream ended after ${seen} bytes`);
    seen += value.byteLength;
  }
}

/** A stream of `CHUNK`-sized chunks without end that counts how many were asked for. */
export function countingStream() {
  const counter = { pulled: 0, cancelled: deferred() };
  counter.stream = new ReadableStream(
    {
      pull: (controller) => controller.enqueue(new Uint8Array(CHUNK).fill(counter.pulled++)),
      cancel: (reason) => counter.cancelled.resolve(reason),
    },
    { highWaterMark: 0 },
  );
  return counter;
}
