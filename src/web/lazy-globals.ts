// The names of the global scope that come from lazy scripts: there from the beginning, and made when they are looked at.

import { core } from "ext:core/mod.js";
import { lengthOf, setLength } from "ext:miniflare/web/bodies.ts";
import { bytesOfChunk } from "ext:miniflare/web/bytes.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { extend } from "ext:miniflare/web/interface.ts";
import { define, FORM_DATA, load, onLoad, STREAMS } from "ext:miniflare/realm/lazy.ts";
import type { LazyScripts } from "../upstream.d.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:deno_web/01_urlpattern.js": { URLPattern: object };
    "ext:deno_web/14_compression.js": {
      CompressionStream: typeof CompressionStream;
      DecompressionStream: typeof DecompressionStream;
    };
    "ext:miniflare/web/streams.ts": typeof import("./streams.ts");
  }
}

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");

/** Those of the web platform, by the script that they are exports of. */
export const WEB_SCRIPTS: Record<string, string[]> = {
  [STREAMS]: [
    "ByteLengthQueuingStrategy",
    "CountQueuingStrategy",
    "FixedLengthStream",
    "IdentityTransformStream",
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

type Classes = Record<string, { readonly prototype: object }>;

/** Defines the globals of scripts, their names by script. */
export function defineLazyGlobals(scripts: Record<string, string[]>) {
  for (const [specifier, names] of Object.entries(scripts) as [keyof LazyScripts, string[]][]) {
    onLoad(specifier, (exported) => refuseClones(names.map((name) => (exported as unknown as Classes)[name])));
    define(globalThis, names, (name) => (load(specifier) as unknown as Classes)[name]);
  }
}

/** Ours, beside upstream's streams. */
onLoad(STREAMS, (upstream) => {
  const { extendStreams } = load("ext:miniflare/web/streams.ts");
  const own = extendStreams(upstream, { bytesOfChunk, extend, lengthOf, setLength, unmade: webidl.brand });
  for (const stream of Object.values(own)) webidl.configureInterface(stream);
  Object.assign(upstream, own);
});
