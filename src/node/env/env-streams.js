"use strict";
// What Workers add to streams, over Node's: two classes of the test's own, and two methods of Node's classes, which these
// have for as long as a test's environment is there.

const { bytesOfChunk } = require("../../web/chunks.js");
const { extendStreams } = require("../../web/streams.js");
const { lengthOf, setLength } = require("../http/http-body.js");
const { additions } = require("./additions.js");
const { configure } = require("./interfaces.js");

const upstream = { ReadableStream, ReadableStreamBYOBReader, TransformStream, WritableStream };

const { FixedLengthStream, IdentityTransformStream } = extendStreams(upstream, {
  bytesOfChunk,
  extend: (target, members) => additions.add(target, members),
  lengthOf,
  setLength,
  unmade: undefined,
});
configure(FixedLengthStream, IdentityTransformStream);

module.exports = { FixedLengthStream, IdentityTransformStream };
