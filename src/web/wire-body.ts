// Bodies on their way between the realms: text and bytes that are in memory cross as they are; a stream crosses as a
// function that the other realm calls for chunks when it wants some.

import { op_after_microtasks } from "ext:core/ops";
import { InnerBody } from "ext:miniflare/web/bodies.ts";
import { bytesOfChunk } from "ext:miniflare/web/bytes.ts";
import { load, STREAMS } from "ext:miniflare/realm/lazy.ts";
import { createSources } from "ext:miniflare/web/sources.ts";
import type { Decode, Encode } from "ext:miniflare/realm/port.ts";
import type { HeldBody, InnerBody as Body } from "../upstream.d.ts";
import type { WireValue } from "../wire.ts";
import type { Sender } from "./sources.ts";

const { senderOfStream, sourceOfStream, streamFromSender, streamFromSource } = createSources({
  streamClass: () => load(STREAMS).ReadableStream,
  bytesOf: bytesOfChunk,
  read: (reader, request) => load(STREAMS).readableStreamDefaultReaderRead(reader, request),
  isFilled: (stream) => load(STREAMS).isReadableStreamFilled(stream),
  rest: op_after_microtasks,
});

export { sourceOfStream, streamFromSource };

/** An inner body of what crossed: null, text, bytes, or a function, which `decode` gives. */
export function bodyFromWire(wire: WireValue, decode?: Decode): Body | null {
  if (wire === null || wire === undefined) return null;
  if (typeof wire === "string" || wire instanceof Uint8Array) {
    const body = new InnerBody({ body: wire as HeldBody["body"], consumed: false });
    body.source = wire;
    body.length = typeof wire === "string" ? null : wire.byteLength;
    return body;
  }
  return new InnerBody(streamFromSender((decode as Decode)(wire) as Sender));
}

/** What crosses for an inner body; without `encode`, of one that is in memory. Taking it uses the body up. */
export function bodyToWire(body: Body | null, encode?: Encode): WireValue {
  if (body === null) return null;
  const inMemory: HeldBody["body"] | undefined = body.streamOrStatic.body;
  if (inMemory === undefined) return (encode as Encode)(senderOfStream(body.stream));
  if (body.streamOrStatic.consumed) throw new TypeError("Body has already been used.");
  body.streamOrStatic.consumed = true;
  return inMemory;
}
