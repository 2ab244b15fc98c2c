// `fetch` as a worker has it: the request's way out hop by hop, and the response's way back.

import { core } from "ext:core/mod.js";
import { InnerBody, setLength } from "ext:miniflare/web/bodies.ts";
import { negotiate, outgoingHeaders, splitCredentials } from "ext:miniflare/fetch/fetch-headers.ts";
import { isIntact } from "ext:miniflare/fetch/integrity.ts";
import { keptAnswer } from "ext:miniflare/fetch/kept-answers.ts";
import { sendHop, sendUpgrade } from "ext:miniflare/fetch/network.ts";
import { httpArguments } from "ext:miniflare/fetch/protocols.ts";
import { nextHop } from "ext:miniflare/fetch/redirects.ts";
import { outsideOf } from "ext:miniflare/realm/outside.ts";
import { seams } from "ext:miniflare/web/fetch-seams.ts";
import { beginWait } from "ext:miniflare/realm/waits.ts";
import { Request } from "ext:miniflare/web/request-class.ts";
import { setWebSocket } from "ext:miniflare/web/response-class.ts";
import { asksToUpgrade, upgradeHeaders } from "ext:miniflare/fetch/upgrade.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";
import type { Answer, Hop, HopBody } from "ext:miniflare/web/fetch-seams.ts";
import type { HeldBody, InnerBody as Body, InnerRequest, Signal } from "../upstream.d.ts";

/** A hop that a signal may end. */
type Signalled = Hop & { signal: Signal };

const { toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { fromInnerResponse, newInnerResponse, nullBodyStatus } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { add, remove } = core.loadExtScript("ext:deno_web/03_abort_signal.js");

export async function fetch(input: RequestInfo | URL, init: RequestInit | null | undefined = undefined) {
  const [target, settings] = httpArguments(input, init);
  const context = seams.begin();
  const request = new Request(target, settings as RequestInit | undefined);
  const signal = signalOf(target, settings);
  const inner = toInnerRequest(request);
  if (signal?.aborted) throw abandoned(inner.body, signal.reason);
  const waiting = seams.ready(context);
  if (waiting !== undefined) await waiting;
  return follow(context, inner, signal);
}

/** The signal that ends the fetch. The request's own depends on it, and may be forgotten before it. */
function signalOf(input: RequestInfo | URL, init: RequestInit | null | undefined): Signal | null {
  if (init?.signal !== undefined) return init.signal as Signal | null;
  return input instanceof Request ? (input.signal as Signal) : null;
}

async function follow(context: RequestContext | undefined, inner: InnerRequest, signal: Signal | null) {
  const { url, credentials } = splitCredentials(inner.url());
  let hop: Hop = {
    method: inner.method,
    url,
    ...outgoingHeaders(inner, url, seams.depth(context), credentials),
    body: takeBody(inner.body),
    length: inner.body?.length ?? null,
    source: inner.body?.source ?? null,
    signal,
    send: sendHop,
  };
  if (asksToUpgrade(hop)) {
    Object.assign(hop, { isUpgrade: true, send: sendUpgrade, headers: upgradeHeaders(hop.headers) });
  }
  const urls: string[] = [];
  for (;;) {
    urls.push(hop.url);
    seams.hop(context, urls);
    const answer = await answerTo(context, hop);
    const next = nextHop(hop, answer, inner.redirectMode, urls.length);
    if (next === undefined) return finish(context, hop, answer, urls, inner.integrity);
    discard(answer.body);
    negotiate(next);
    hop = next;
  }
}

async function answerTo(context: RequestContext | undefined, hop: Hop) {
  const end = beginWait("fetch", [hop.method, hop.url]);
  try {
    return await untilAborted(hop, answerOf(context, hop));
  } finally {
    end();
  }
}

async function answerOf(context: RequestContext | undefined, hop: Hop) {
  try {
    const outside = outsideOf();
    // A socket goes on after its answer, which no recording has.
    if (outside !== undefined && !hop.isUpgrade) return await keptAnswer(outside, hop, () => askFor(context, hop));
    return await askFor(context, hop);
  } catch (error) {
    // As Miniflare 2: the library that opens its sockets names the reason itself.
    if (hop.isUpgrade) throw error;
    throw new TypeError("fetch failed", { cause: error });
  }
}

async function askFor(context: RequestContext | undefined, hop: Hop): Promise<Answer> {
  const answer = seams.answer(context, hop, hop.send);
  return (answer === undefined ? undefined : await answer) ?? (await hop.send(hop));
}

async function finish(
  context: RequestContext | undefined,
  hop: Hop,
  answer: Answer,
  urls: string[],
  integrity: string,
) {
  const inner = newInnerResponse(answer.status, answer.statusText);
  inner.headerList = answer.headers;
  inner.urlList = urls;
  if (hop.method === "HEAD" || nullBodyStatus(answer.status)) discard(answer.body);
  else inner.body = arrivingBody(answer);
  if (integrity) inner.body = innerBody(await untilAborted(hop, intact(inner.body, integrity)));
  const response = fromInnerResponse(inner, "immutable");
  if (answer.webSocket) setWebSocket(response, answer.webSocket);
  await seams.end(context);
  if (hop.signal !== null) endWith(hop as Signalled, inner.body);
  return response;
}

/** The bytes of a body, all of them, if they are those that the request demands. */
async function intact(body: Body | null, integrity: string) {
  try {
    const held = await body?.consume();
    const bytes = typeof held === "string" ? core.encode(held) : held;
    if (bytes === undefined || !isIntact(bytes, integrity)) throw new Error("integrity mismatch");
    return held as string | Uint8Array<ArrayBuffer>;
  } catch (error) {
    throw new TypeError("fetch failed", { cause: error });
  }
}

/** What a body holds: text or bytes that are in memory, or a stream. Taking it uses the body up. */
function takeBody(body: Body | null): HopBody {
  if (body === null) return null;
  const held: Partial<HeldBody> & ReadableStream = body.streamOrStatic;
  if (held.body === undefined) return held;
  held.consumed = true;
  return held.body;
}

/** The body of a response, with the length that its server announced. */
function arrivingBody({ headers, body }: Answer) {
  const inner = innerBody(body);
  if (!isStream(body)) return inner;
  const headerOf = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  const length = headerOf("content-encoding") === undefined ? Number(headerOf("content-length")) : Number.NaN;
  if (!Number.isSafeInteger(length)) return inner;
  (inner as Body).length = length;
  setLength(body, length);
  return inner;
}

const isStream = (body: HopBody): body is ReadableStream =>
  body !== null && typeof body === "object" && !(body instanceof Uint8Array);

function innerBody(body: HopBody) {
  if (body === null) return null;
  if (isStream(body)) return new InnerBody(body);
  const inner = new InnerBody({ body, consumed: false });
  inner.source = body;
  inner.length = typeof body === "string" ? null : body.byteLength;
  return inner;
}

/** Cancels a body that will not be read. */
function discard(body: HopBody) {
  if (typeof (body as ReadableStream | null)?.cancel === "function") (body as ReadableStream).cancel().catch(() => {});
}

function abandoned(body: Body | null, reason: unknown) {
  if (body !== null && !body.streamOrStatic.locked) body.cancel(reason);
  return reason;
}

/** The answer to a hop, unless the signal is aborted first: then the hop is called off. */
function untilAborted<Result>(hop: Hop, answer: Promise<Result>): Promise<Result> {
  const { signal } = hop;
  if (signal === null) return answer;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      hop.callOff?.(signal.reason);
    };
    // It may have been aborted while the request waited for leave to go, or between two hops.
    if (signal.aborted) abort();
    signal[add](abort);
    answer.finally(() => signal[remove](abort)).then(resolve, reject);
  });
}

/** A body that is still read when the signal is aborted fails with the reason. A body that is forgotten may go. */
function endWith({ signal, callOff }: Signalled, body: Body | null) {
  const held = body === null ? undefined : new WeakRef(body);
  const abort = () => {
    fail(held?.deref(), signal.reason);
    callOff?.();
  };
  if (signal.aborted) return abort();
  if (body === null) return;
  signal[add](abort);
  forgotten.register(body, { signal, abort });
}

/** A signal that lives long does not gather the bodies of all fetches that it was given to. */
const forgotten = new FinalizationRegistry<{ signal: Signal; abort: () => void }>(({ signal, abort }) =>
  signal[remove](abort),
);

function fail(body: Body | undefined, reason: unknown) {
  if (body && !body.consumed()) body.stream;
  body?.error(reason);
}
