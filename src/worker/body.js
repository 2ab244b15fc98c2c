// Bodies on their way between the realms: text and bytes that are in memory cross as they are; a stream crosses as a
// source that the other realm pulls, a chunk when it wants one.

import { core } from "ext:core/mod.js";
import { InnerBody } from "ext:miniflare/web/bodies.js";
import { bytesOfChunk } from "ext:miniflare/web/bytes.js";
import { load, STREAMS } from "ext:miniflare/worker/lazy.js";

const { createSources } = core.loadExtScript("ext:miniflare/membrane/sources.js");

export const { sourceOfStream, streamFromSource } = createSources({
  streamClass: () => load(STREAMS).ReadableStream,
  bytesOf: bytesOfChunk,
});

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
