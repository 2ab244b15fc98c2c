// Bodies on their way between the realms: text and bytes that are in memory cross as they are; a stream crosses as a
// source that the other realm pulls, a chunk when it wants one.

import { core } from "ext:core/mod.js";

const { InnerBody } = core.loadExtScript("ext:deno_fetch/22_body.js");
const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");

/** An inner body of what crossed: null, text, bytes, or a source. */
export function bodyFromWire(wire, decode) {
  if (wire === null || wire === undefined) return null;
  if (typeof wire === "string" || wire instanceof Uint8Array) {
    const body = new InnerBody({ body: wire, consumed: false });
    body.source = wire;
    body.length = typeof wire === "string" ? null : wire.byteLength;
    return body;
  }
  return new InnerBody(streamFromSource(decode(wire)));
}

/** What crosses for an inner body. Taking it uses the body up. */
export function bodyToWire(body, encode) {
  if (body === null) return null;
  const inMemory = body.streamOrStatic.body;
  if (inMemory === undefined) return encode(sourceOfStream(body.stream));
  if (body.streamOrStatic.consumed) throw new TypeError("Body has already been used.");
  body.streamOrStatic.consumed = true;
  return inMemory;
}

/** A byte stream over a source in the other realm. */
export function streamFromSource(source) {
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        const chunk = await source.pull();
        if (chunk === null) {
          controller.close();
          controller.byobRequest?.respond(0);
        } else {
          controller.enqueue(chunk);
        }
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** A source over one of this realm's streams. */
export function sourceOfStream(stream) {
  const reader = stream.getReader();
  return {
    async pull() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return null;
        const chunk = chunkBytes(value);
        if (chunk.byteLength > 0) return chunk;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function chunkBytes(chunk) {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const kind = typeof chunk === "string" ? "a string" : "an object of non-ArrayBuffer/ArrayBufferView type";
  const hint = typeof chunk === "string"
    ? " If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder."
    : "";
  throw new TypeError(`This TransformStream is being used as a byte stream, but received ${kind} on its writable side.${hint}`);
}
