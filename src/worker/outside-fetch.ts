// The worker's `fetch`, called by code in Node that is not a request: by a test, in an environment of a test runner.

import { op_answer } from "ext:core/ops";
import { microtasksDone } from "ext:miniflare/realm/stretch.ts";
import { FUNCTIONS } from "ext:miniflare/worker/globals.ts";
import { setLength } from "ext:miniflare/web/bodies.ts";
import { ANSWER, decode, encode, encodeThrown } from "ext:miniflare/realm/port.ts";
import { responseToWire } from "ext:miniflare/web/wire-request.ts";
import type { Encode } from "ext:miniflare/realm/port.ts";
import type { Response } from "ext:miniflare/web/response-class.ts";
import type { WireValue } from "../wire.ts";

/**
 * Fetches, and answers event `id` with the parts of the response, its URL, and whether it was redirected.
 * @param input as it crosses, as are the values of `init`, `[name, value, name, value, ...]`
 * @param length of a body that is a stream, in bytes, where that is known
 */
export function fetchForNode(id: number, input: WireValue, init: WireValue[], length: number | undefined) {
  microtasksDone();
  fetched(input, init, length).then(
    (answer) => op_answer(id, answer),
    (error) => op_answer(id, [ANSWER.FAILED, encodeThrown(error)]),
  );
}

async function fetched(input: WireValue, init: WireValue[], length: number | undefined): Promise<WireValue[]> {
  const settings: Record<string, unknown> = {};
  for (let index = 0; index < init.length; index += 2) settings[init[index] as string] = decode(init[index + 1]);
  if (length !== undefined) setLength(settings.body as ReadableStream, length);
  const response = (await FUNCTIONS.fetch(
    decode(input) as RequestInfo,
    init.length === 0 ? undefined : settings,
  )) as Response;
  const { encodeBody, redirected, url } = response;
  const encodeSource: Encode = (source) => {
    responseOf.set(source as object, response);
    return encode(source);
  };
  const [status, statusText, headers, body, webSocket] = responseToWire(response, encodeSource);
  return [ANSWER.ANSWERED, status, statusText, headers, body, null, undefined, encodeBody, url, redirected, webSocket];
}

/** The reader of a body holds its response, without which a signal would not reach the body. */
const responseOf = new WeakMap<object, Response>();
