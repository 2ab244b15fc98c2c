// Requests and responses of this realm, from and to what crosses: a method, a URL, headers as one text
// ("name\nvalue\nname\nvalue"), and a body.

import { core } from "ext:core/mod.js";
import { isLengthOf } from "ext:miniflare/web/bodies.ts";
import { bodyFromWire, bodyToWire } from "ext:miniflare/web/wire-body.ts";

import { cfTextOf, getCf, Request, setCf } from "ext:miniflare/web/request-class.ts";
import { setWebSocket, webSocketOf } from "ext:miniflare/web/response-class.ts";
import { headersOfText } from "ext:miniflare/web/header-text.ts";
import type { Decode, Encode } from "ext:miniflare/realm/port.ts";
import type { InnerBody, InnerRequest, InnerResponse } from "../upstream.d.ts";
import type { WireValue } from "../wire.ts";

export { cfTextOf, getCf, setCf };

/** Called when the signal of a request is first read, with what aborts it. */
type Follow = InnerRequest["onCancel"];

const { fromInnerRequest, newInnerRequest, toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { fromInnerResponse, newInnerResponse, toInnerResponse, Response } = core.loadExtScript(
  "ext:deno_fetch/23_response.js",
);

type Inner = InnerRequest | InnerResponse;
type Header = [name: string, value: string];
/** What crosses of a request, and of a response. */
export type RequestParts = [method: string, url: string, headers: string, body: WireValue];
export type ResponseParts = [
  status: number,
  statusText: string,
  headers: string,
  body: WireValue,
  webSocket?: WireValue,
];

const LOOP_HEADER = "mf-loop";
const LENGTH = "content-length";
/** The status of responses with a WebSocket. */
const SWITCHING_PROTOCOLS = 101;

/** The headers of an inner request or response as one text, without a length that is not its body's. */
export function headerText(inner: Inner) {
  const list = inner.headerList;
  if (list.length === 0) return "";
  let text = "";
  for (const [name, value] of list) {
    const lower = name.toLowerCase();
    if (lower === LENGTH && isFalseLength(value, inner)) continue;
    text += `${text === "" ? "" : "\n"}${lower}\n${value}`;
  }
  return text;
}

/** What a server said of a response's length stays: its body may have been decoded since. */
const isFalseLength = (value: string, inner: Inner) => !isFetched(inner) && !isLengthOf(value, inner.body);
const isFetched = ({ urlList }: Inner) => typeof urlList[0] === "string";

/** An inner request or response as it arrives elsewhere in this realm: without a length that is not its body's. */
function withTrueLength<Some extends Inner>(inner: Some): Some {
  const isFalse = ([name, value]: Header) => name.toLowerCase() === LENGTH && isFalseLength(value, inner);
  if (!inner.headerList.some(isFalse)) return inner;
  const headerList = inner.headerList.filter((header) => !isFalse(header));
  return Object.create(inner, { headerList: { value: headerList, writable: true } });
}

/** A stream from elsewhere has the length that was said of it there. */
function expectLength(body: InnerBody | null, headers: string) {
  if (body === null || (body.streamOrStatic.body as unknown) !== undefined || !headers.includes(LENGTH)) return;
  const [, length] = headersOfText(headers).find(([name]) => name === LENGTH) ?? [];
  if (/^\d+$/.test(length as string)) body.length = Number(length);
}

/** How deep requests are nested is for the dispatcher, not for the worker. */
function requestHeaders(text: string) {
  const list = headersOfText(text);
  return text.includes(LOOP_HEADER) ? list.filter(([name]) => name !== LOOP_HEADER) : list;
}

/** How many requests led to the one with these headers, itself included. */
export function depthOf(text: string) {
  if (!text.includes(LOOP_HEADER)) return 1;
  const [, depth] = headersOfText(text).find(([name]) => name === LOOP_HEADER) ?? [];
  return (Number.parseInt(depth as string, 10) || 0) + 1;
}

/**
 * A request that has arrived; its headers are immutable. `follow(abort)` is called when its signal is first read, with
 * what aborts it.
 */
export function requestFromWire(
  method: string,
  url: string,
  headers: string,
  body: WireValue,
  decode: Decode,
  follow: Follow | undefined = undefined,
  redirect: RequestRedirect | undefined = undefined,
) {
  const inner = newInnerRequest(method, url, () => requestHeaders(headers), bodyFromWire(body, decode), false);
  expectLength(inner.body, headers);
  if (follow !== undefined) inner.onCancel = follow;
  if (redirect !== undefined) inner.redirectMode = redirect;
  return fromInnerRequest(inner, "immutable");
}

export function requestToWire(request: Request, encode: Encode): RequestParts {
  const inner = toInnerRequest(request);
  return [inner.method, inner.url(), headerText(inner), bodyToWire(inner.body, encode)];
}

/** How a request follows redirects. */
export const redirectOf = (request: Request) => toInnerRequest(request).redirectMode;

/** A response of its parts, of which one to a handshake has its WebSocket last. */
export function responseFromWire(
  [status, statusText, headers, body, webSocket]: ResponseParts,
  decode?: Decode,
  guard: "response" | "immutable" = "response",
) {
  const inner = newInnerResponse(status, statusText);
  inner.headerList = headersOfText(headers);
  inner.body = bodyFromWire(body, decode);
  expectLength(inner.body, headers);
  const response = fromInnerResponse(inner, guard);
  if (webSocket !== undefined) setWebSocket(response, (decode as Decode)(webSocket));
  return response;
}

export function responseToWire(response: Response, encode: Encode): ResponseParts {
  const inner = toInnerResponse(response);
  const parts: ResponseParts = [inner.status, inner.statusMessage, headerText(inner), bodyToWire(inner.body, encode)];
  if (inner.status === SWITCHING_PROTOCOLS) parts.push(encode(webSocketOf(response)));
  return parts;
}

/** What `fetch(input, init)` brings to a handler of this realm: a request with immutable headers. */
export function arrivingRequest(input: RequestInfo | URL, init?: RequestInit) {
  const request = input instanceof Request && init === undefined ? input : new Request(input, init);
  const arriving = fromInnerRequest(withTrueLength(toInnerRequest(request)), "immutable");
  setCf(arriving, getCf(request));
  return arriving;
}

/** A handler's response as its caller in this realm gets it: with immutable headers. */
export function arrivingResponse(response: Response) {
  const inner = toInnerResponse(response);
  const arriving = fromInnerResponse(withTrueLength(inner), "immutable");
  if (inner.status === SWITCHING_PROTOCOLS) setWebSocket(arriving, webSocketOf(response));
  return arriving;
}

export const isResponse = (value: unknown): value is Response =>
  typeof value === "object" && value !== null && value instanceof Response;
