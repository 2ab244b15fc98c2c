// Web objects crossing the membrane: they arrive as this realm's own, not as proxies.

import { core } from "ext:core/mod.js";
import { requestFromWire, requestToWire, responseFromWire, responseToWire } from "ext:miniflare/worker/request.js";
import { sourceOfStream, streamFromSource } from "ext:miniflare/worker/body.js";

const { Request } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { Response } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");
const { ReadableStream } = core.loadExtScript("ext:deno_web/06_streams.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { DurableObjectId, partsOf } = core.loadExtScript("ext:miniflare/durable/namespace.js");

/** What crosses for a web object; undefined when the value is none. */
export function encodePlatform(value, membrane) {
  if (value instanceof Response) return ["response", ...responseToWire(value.clone(), membrane.encode)];
  if (value instanceof Request) return ["request", ...requestToWire(value.clone(), membrane.encode)];
  if (value instanceof Headers) return ["headers", ...[...value].flat()];
  if (value instanceof URL) return ["url", value.href];
  if (value instanceof DurableObjectId) return ["objectId", ...partsOf(value), value.name];
  if (value instanceof ReadableStream) return ["stream", membrane.encode(sourceOfStream(value))];
  return undefined;
}

export function decodePlatform(wire, membrane) {
  const [kind, ...parts] = wire;
  switch (kind) {
    case "response":
      return responseFromWire(...parts, membrane.decode);
    case "request":
      return requestFromWire(...parts, membrane.decode);
    case "headers":
      return new Headers(pairs(parts));
    case "url":
      return new URL(parts[0]);
    case "objectId":
      return new DurableObjectId(...parts);
    case "stream":
      return streamFromSource(membrane.decode(parts[0]));
    default:
      throw new TypeError(`Unknown kind of value from Node: ${kind}`);
  }
}

function pairs(flat) {
  return flat.filter((_, index) => index % 2 === 0).map((name, index) => [name, flat[2 * index + 1]]);
}
