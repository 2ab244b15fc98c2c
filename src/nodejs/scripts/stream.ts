// The lazy script of `node:stream`.

import { createLazyTransform } from "../lazy-transform.ts";
import stream, { consumers, promises, web } from "../stream.ts";

const { Duplex, PassThrough, Readable, Transform, Writable } = stream as Record<string, object>;

export const modules = {
  "internal/lazy_transform": createLazyTransform(Transform as { prototype: object }),
  stream,
  "stream/consumers": consumers,
  "stream/promises": promises,
  "stream/web": web,
  _stream_duplex: Duplex,
  _stream_passthrough: PassThrough,
  _stream_readable: Readable,
  _stream_transform: Transform,
  _stream_writable: Writable,
};
