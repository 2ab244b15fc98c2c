// The worker's side of `fetchMock`: before a hop goes to the network, Node's side is asked for an answer, on the same stack.

import { core } from "ext:core/mod.js";
import { op_mock_ask } from "ext:core/ops";
import { seams } from "ext:miniflare/web/fetch-seams.ts";
import { bytesOfChunk } from "ext:miniflare/web/bytes.ts";
import { sourceOfStream } from "ext:miniflare/web/wire-body.ts";
import { decode, encode, HOST, MOCKED } from "ext:miniflare/realm/port.ts";
import { headersOfText, textOfHeaders } from "ext:miniflare/web/header-text.ts";
import type { Answer, Hop, Send } from "ext:miniflare/web/fetch-seams.ts";
import type { WireValue } from "../wire.ts";

/** What a mock answers with: what kind of answer it is, and its parts. */
type Mocked = [kind: number, answer: WireValue, end: WireValue, ...rest: WireValue[]];
type MockedResponse = [
  kind: number,
  status: number,
  statusText: string,
  headers: string,
  body: string | Uint8Array<ArrayBuffer> | null,
];
/** Keeps what the network has answered. */
type Keep = (status: number, statusText: string, headers: string, body: Uint8Array | null) => void;
/** What a mock gives later: a response, what keeps the network's, or nothing, for the network. */
type Given = Response | Keep | undefined;

const { Response, toInnerResponse } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { Blob } = core.loadExtScript("ext:deno_web/09_file.js");

/**
 * Lets the mock of this worker's instance answer its fetches.
 * @param mock its number, by which its interceptors are found; 0 for a dispatcher, which has none
 */
export function useMock(mock: number) {
  seams.answer = (_context, hop, send) => answer(mock, hop, send);
}

function answer(mock: number, hop: Hop, send: Send) {
  const { method, url } = hop;
  const content = bodyToNode(hop);
  // Whatever its length is, a stream does not tell.
  const length = (content as WireValue[] | null)?.[0] === "stream" ? null : hop.length;
  // The last is for what the mock has for it.
  const parts = [method, url, textOfHeaders(hop.headers), length, content, undefined];
  const answered = op_mock_ask(HOST.MOCK, mock, parts) as Mocked | undefined;
  if (answered === undefined) return undefined;
  if (answered[0] === MOCKED.FAILED) throw reasonOf(decode(answered[1]));
  if (answered[0] === MOCKED.LATER) return answerLater(hop, send, decode(answered[1]) as Promise<Given>, answered[2]);
  if (answered[0] === MOCKED.RECORD) return record(hop, send, decode(answered[1]) as Keep);
  const [, status, statusText, headers, body] = answered as MockedResponse;
  return { status, statusText, headers: headersOfText(headers), body };
}

/** An answer that comes when its request has ended is not read; `end` is what ends the wait, if there is any. */
function answerLater(hop: Hop, send: Send, response: Promise<Given>, end: WireValue) {
  const later = response.then(
    (given) => answerOf(hop, send, given),
    (reason) => Promise.reject(reasonOf(reason)),
  );
  const callOff = end === null ? undefined : (decode(end) as (reason: unknown) => void);
  hop.callOff = (reason) => {
    callOff?.(reason);
    later.then((answer) => (answer?.body as Partial<ReadableStream> | undefined)?.cancel?.()).catch(() => {});
  };
  return later;
}

/** The answer that a response brings; none when the hop is for the network after all, to be recorded or not. */
function answerOf(hop: Hop, send: Send, response: Given): Answer | Promise<Answer> | undefined {
  if (response === undefined) return undefined;
  if (typeof response === "function") return record(hop, send, response);
  const { status, statusMessage: statusText, headerList: headers, body } = toInnerResponse(response);
  return { status, statusText, headers, body: body === null ? null : (body.streamOrStatic.body ?? body.stream) };
}

/** Sends a hop, and gives the whole of what comes back to `keep`. */
async function record(hop: Hop, send: Send, keep: Keep): Promise<Answer> {
  const { status, statusText, headers, body } = await send(hop);
  const bytes = body === null ? null : ((await new Response(body).bytes()) as Uint8Array<ArrayBuffer>);
  keep(status, statusText, textOfHeaders(headers), bytes?.slice() ?? null);
  return { status, statusText, headers, body: bytes };
}

const reasonOf = (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason)));

/** Text and bytes as they are; of a blob or a stream, its kind and what reads it, for mocks that look at bodies. */
function bodyToNode(hop: Hop): WireValue {
  const { body, source } = hop;
  if (body === null || typeof body === "string") return body;
  const isBlob = source instanceof Blob;
  // The hop's bytes stay here: it may go to the network yet.
  if (body instanceof Uint8Array && !isBlob) return body.slice();
  return [isBlob ? "blob" : "stream", encode({ drain: () => drain(hop), source: () => sourceOf(hop) })];
}

/** The reader of a hop's stream may cancel it without a reason, where an abort had one. */
function sourceOf({ body, signal }: Hop) {
  const { pull, cancel } = sourceOfStream(
    body instanceof Uint8Array ? new Blob([body]).stream() : (body as ReadableStream),
  );
  return { pull, cancel: (reason: unknown) => cancel(signal?.aborted ? signal.reason : reason) };
}

/** The bytes of a hop; those of a stream are its body from then on. */
async function drain(hop: Hop) {
  if (hop.body instanceof Uint8Array) return hop.body.slice();
  const chunks: Uint8Array[] = [];
  for await (const chunk of hop.body as ReadableStream) chunks.push(bytesOfChunk(chunk));
  hop.body = (await new Blob(chunks as Uint8Array<ArrayBuffer>[]).bytes()) as Uint8Array<ArrayBuffer>;
  hop.source ??= hop.body;
  hop.length = hop.body.byteLength;
  return hop.body.slice();
}
