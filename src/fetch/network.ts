// One hop over the network: the request goes to the background thread, the head of the response comes back.

import { core } from "ext:core/mod.js";
import { op_outbound_answer, op_outbound_open } from "ext:core/ops";
import { configure } from "ext:miniflare/network/configure.ts";
import { bytesOfChunk } from "ext:miniflare/web/bytes.ts";
import { BODY } from "ext:miniflare/realm/port.ts";
import { STREAMS, stubOf } from "ext:miniflare/realm/lazy.ts";
import { headersOfText, textOfHeaders } from "ext:miniflare/web/header-text.ts";
import { seams } from "ext:miniflare/web/fetch-seams.ts";
import type { Answer, ArrivedAnswer, Hop, HopBody } from "ext:miniflare/web/fetch-seams.ts";

type Reader = ReadableStreamDefaultReader<unknown>;

const { readableStreamForRid } = stubOf(STREAMS);

const NO_BYTES = new Uint8Array();

/** Sends a hop; see `web/fetch-seams.ts` for its parts, and for those of the answer. `hop.callOff()` ends it, and its body. */
export async function sendHop(hop: Hop): Promise<Answer> {
  configure();
  const reader: Reader | undefined = isStream(hop.body) ? hop.body.getReader() : undefined;
  const exchange = open(hop);
  hop.callOff = () => core.tryClose(exchange);
  const answering = op_outbound_answer(exchange);
  // The exchange is over when both its ways are.
  if (reader !== undefined)
    Promise.allSettled([write(exchange, reader, hop), answering]).then(hop.callOff as () => void);
  try {
    const answer = await answering;
    hop.callOff = () => {
      core.tryClose(exchange);
      if (answer.bodyRid !== null) core.tryClose(answer.bodyRid);
    };
    return answered(answer);
  } catch (error) {
    throw hop.bodyFailure?.error ?? error;
  } finally {
    if (reader === undefined) core.tryClose(exchange);
  }
}

/** Sends a hop that asks for a WebSocket: its answer has one, unless the server has answered otherwise. */
export async function sendUpgrade(hop: Hop): Promise<Answer> {
  const { answer, webSocket } = await (seams.upgrade as NonNullable<typeof seams.upgrade>)(hop);
  return { ...answered(answer), webSocket };
}

function open({ method, url, headers, body, length }: Hop) {
  const kind = body === null ? BODY.NONE : isStream(body) ? BODY.STREAM : BODY.BYTES;
  const bytes = kind !== BODY.BYTES ? NO_BYTES : typeof body === "string" ? core.encode(body) : (body as Uint8Array);
  const hash = url.indexOf("#");
  const target = hash < 0 ? url : url.slice(0, hash);
  return op_outbound_open(method, target, textOfHeaders(headers), kind, bytes, length ?? -1);
}

const isStream = (body: HopBody): body is ReadableStream =>
  body !== null && typeof body === "object" && !(body instanceof Uint8Array);

/** Writes a body chunk by chunk, as the connection takes them. When the connection ends, its source is told. */
async function write(exchange: number, reader: Reader, hop: Hop) {
  try {
    for (let chunk = await read(reader, hop); chunk !== undefined; chunk = await read(reader, hop)) {
      await core.writeAll(exchange, chunk);
    }
    await core.shutdown(exchange);
  } catch (error) {
    if (hop.bodyFailure !== undefined) core.tryClose(exchange);
    reader.cancel(hop.signal?.aborted ? hop.signal.reason : error).catch(() => {});
  }
}

/** The bytes that come next; undefined at the end. What fails here fails the fetch: its source is broken. */
async function read(reader: Reader, hop: Hop) {
  try {
    const { done, value } = await reader.read();
    return done ? undefined : bytesOfChunk(value);
  } catch (error) {
    hop.bodyFailure = { error };
    throw error;
  }
}

function answered({ status, statusText, headers, body, bodyRid }: ArrivedAnswer): Answer {
  return {
    status,
    statusText,
    headers: headersOfText(headers),
    body: bodyRid === null ? body : readableStreamForRid(bodyRid),
  };
}
