// The names of the global scope that come from lazy scripts: there from the beginning, and made when they are looked at.

import { core } from "ext:core/mod.js";
import { lengthOf, setLength } from "ext:miniflare/web/bodies.js";
import { bytesOfChunk } from "ext:miniflare/web/bytes.js";
import { refuseClones } from "ext:miniflare/web/clone.js";
import { extend } from "ext:miniflare/web/interface.js";
import { define, FORM_DATA, load, onLoad, STREAMS } from "ext:miniflare/realm/lazy.js";

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");

const SCRIPTS = {
  [STREAMS]: [
    "ByteLengthQueuingStrategy",
    "CountQueuingStrategy",
    "ReadableByteStreamController",
    "ReadableStream",
    "ReadableStreamBYOBReader",
    "ReadableStreamBYOBRequest",
    "ReadableStreamDefaultController",
    "ReadableStreamDefaultReader",
    "TransformStream",
    "TransformStreamDefaultController",
    "WritableStream",
    "WritableStreamDefaultController",
    "WritableStreamDefaultWriter",
  ],
  [FORM_DATA]: ["FormData"],
  "ext:deno_web/01_urlpattern.js": ["URLPattern"],
  "ext:deno_web/14_compression.js": ["CompressionStream", "DecompressionStream"],
};
/** Ours, beside upstream's streams. */
const OWN = ["FixedLengthStream", "IdentityTransformStream"];

export const LAZY_GLOBALS = [...Object.values(SCRIPTS).flat(), ...OWN];

let ownStreams;

export function defineLazyGlobals() {
  for (const [specifier, names] of Object.entries(SCRIPTS)) {
    onLoad(specifier, (exported) => refuseClones(names.map((name) => exported[name])));
    define(globalThis, names, (name) => load(specifier)[name]);
  }
  onLoad(STREAMS, completeStreams);
  define(globalThis, OWN, (name) => {
    load(STREAMS);
    return ownStreams[name];
  });
}

function completeStreams(upstream) {
  const { extendStreams } = load("ext:miniflare/web/streams.js");
  ownStreams = extendStreams(upstream, { bytesOfChunk, extend, lengthOf, setLength, unmade: webidl.brand });
  const classes = Object.values(ownStreams);
  for (const own of classes) webidl.configureInterface(own);
  refuseClones(classes);
}
