// The worker's side of `fetchMock`: before a hop goes to the network, Node's side is asked for an answer, on the same stack.

import { core } from "ext:core/mod.js";
import { op_mock_ask } from "ext:core/ops";
import { seams } from "ext:miniflare/web/fetch-seams.ts";
import { bytesOfChunk } from "ext:miniflare/web/bytes.ts";
import { sourceOfStream } from "ext:miniflare/web/wire-body.ts";
import { decode, encode, HOST, MOCKED } from "ext:miniflare/realm/port.ts";
import { headersOfText, textOfHeaders } from "ext:miniflare/web/header-text.js";

const { Response, toInnerResponse } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");

/**
 * Lets the mock of this worker's instance answer its fetches.
 * @param mock its number, by which its interceptors are found; 0 for a dispatcher, which has none
 */
export function useMock(mock) {
  seams.answer = (_context, hop, send) => answer(mock, hop, send);
}

function answer(mock, hop, send) {
  const { method, url } = hop;
  const content = bodyToNode(hop);
  // Whatever its length is, a stream does not tell.
  const length = content?.[0] === "stream" ? null : hop.length;
  // The last is for what the mock has for it.
  const parts = [method, url, textOfHeaders(hop.headers), length, content, undefined];
  const answered = op_mock_ask(HOST.MOCK, mock, parts);
  if (answered === undefined) return undefined;
  if (answered[0] === MOCKED.FAILED) throw reasonOf(decode(answered[1]));
  if (answered[0] === MOCKED.LATER) return answerLater(hop, send, decode(answered[1]), answered[2]);
  if (answered[0] === MOCKED.RECORD) return record(hop, send, decode(answered[1]));
  const [, status, statusText, headers, body] = answered;
  return { status, statusText, headers: headersOfText(headers), body };
}

/** An answer that comes when its request has ended is not read; `end` is what ends the wait, if there is any. */
function answerLater(hop, send, response, end) {
  const later = response.then(
    (given) => answerOf(hop, send, given),
    (reason) => Promise.reject(reasonOf(reason)),
  );
  const callOff = end === null ? undefined : decode(end);
  hop.callOff = (reason) => {
    callOff?.(reason);
    later.then((answer) => answer?.body?.cancel?.()).catch(() => {});
  };
  return later;
}

/** The answer that a response brings; none when the hop is for the network after all, to be recorded or not. */
function answerOf(hop, send, response) {
  if (response === undefined) return undefined;
  if (typeof response === "function") return record(hop, send, response);
  const { status, statusMessage: statusText, headerList: headers, body } = toInnerResponse(response);
  return { status, statusText, headers, body: body === null ? null : (body.streamOrStatic.body ?? body.stream) };
}

/** Sends a hop, and gives the whole of what comes back to `keep`. */
async function record(hop, send, keep) {
  const { status, statusText, headers, body } = await send(hop);
  const bytes = body === null ? null : await new Response(body).bytes();
  keep(status, statusText, textOfHeaders(headers), bytes?.slice() ?? null);
  return { status, statusText, headers, body: bytes };
}

const reasonOf = (reason) => (reason instanceof Error ? reason : new Error(String(reason)));

/** Text and bytes as they are; of a blob or a stream, its kind and what reads it, for mocks that look at bodies. */
function bodyToNode(hop) {
  const { body, source } = hop;
  if (body === null || typeof body === "string") return body;
  const isBlob = source instanceof Blob;
  // The hop's bytes stay here: it may go to the network yet.
  if (body instanceof Uint8Array && !isBlob) return body.slice();
  return [isBlob ? "blob" : "stream", encode({ drain: () => drain(hop), source: () => sourceOf(hop) })];
}

/** The reader of a hop's stream may cancel it without a reason, where an abort had one. */
function sourceOf({ body, signal }) {
  const { pull, cancel } = sourceOfStream(body instanceof Uint8Array ? new Blob([body]).stream() : body);
  return { pull, cancel: (reason) => cancel(signal?.aborted ? signal.reason : reason) };
}

/** The bytes of a hop; those of a stream are its body from then on. */
async function drain(hop) {
  if (hop.body instanceof Uint8Array) return hop.body.slice();
  const chunks = [];
  for await (const chunk of hop.body) chunks.push(bytesOfChunk(chunk));
  hop.body = await new Blob(chunks).bytes();
  hop.source ??= hop.body;
  hop.length = hop.body.byteLength;
  return hop.body.slice();
}
