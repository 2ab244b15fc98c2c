// What Workers add to streams, over Node's: two classes of the test's own, and two methods of Node's classes, which these
// have for as long as a test's environment is there.

import { bytesOfChunk } from "../../web/chunks.ts";
import { extendStreams } from "../../web/streams.ts";
import { lengthOf, setLength } from "../http/http-body.ts";
import { additions } from "./additions.ts";
import { configure } from "./interfaces.ts";

const upstream = { ReadableStream, ReadableStreamBYOBReader, TransformStream, WritableStream };

const { FixedLengthStream, IdentityTransformStream } = extendStreams(upstream, {
  bytesOfChunk,
  extend: (target: object, members: object) => additions.add(target, members),
  lengthOf,
  setLength,
  unmade: undefined,
});
configure(FixedLengthStream, IdentityTransformStream);

export { FixedLengthStream, IdentityTransformStream };
