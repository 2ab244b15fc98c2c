// `fetch` of a test: the worker's own, which the test's arguments are given to, and whose response becomes one of the test.

import { types } from "node:util";
const { isAnyArrayBuffer } = types;
import { lengthOf } from "../http/http-body.ts";
import { isRequest, Request, splitRequest } from "../http/http-request.ts";
import { web } from "../http/fetch-classes.ts";
import { fetchWithGates } from "./test-state.ts";
import type { RequestInfo, RequestInit } from "../../../index.d.ts";

/** What a worker's `fetch` takes as its second argument, of what the test has given. */
type Given = Omit<Pick<RequestInit, (typeof NAMES)[number]>, "body"> & { body?: unknown };
/** Calls the worker's `fetch`; `length` is that of a body whose length is known. */
type Send = (input: unknown, init: Given, length: number | undefined) => Response | Promise<Response>;

/** Of what a fetch may be given, the names that a worker's takes. */
const NAMES = [
  "body",
  "cache",
  "cf",
  "credentials",
  "headers",
  "integrity",
  "keepalive",
  "method",
  "mode",
  "redirect",
  "referrer",
  "referrerPolicy",
  "signal",
] as const;

/** `send` is `Lane.fetch`. */
function fetchThrough(send: Send) {
  return async function fetch(input: RequestInfo, init: RequestInit | undefined = undefined): Promise<Response> {
    const given = givenOf(init);
    const signal = given.signal ?? (input as Partial<Request> | undefined)?.signal;
    try {
      return await fetchWithGates(() => send(inputOf(input), given, lengthOfBody(given)));
    } catch (error) {
      // Of a reason that is data, a copy has come back.
      throw signal instanceof AbortSignal && signal.aborted ? signal.reason : placed(error, fetch);
    }
  };
}

const lengthOfBody = ({ body }: Given) => (typeof body === "object" && body !== null ? lengthOf(body) : undefined);

function givenOf(init: RequestInit | undefined): Given {
  const isDictionary = init === undefined || typeof init === "object" || typeof init === "function";
  if (!isDictionary)
    throw new TypeError("Failed to construct 'Request': Argument 2 can not be converted to a dictionary");
  const given: Given = {};
  for (const name of NAMES) {
    const value = init?.[name];
    if (value !== undefined) Object.assign(given, { [name]: value });
  }
  // Of a request that was made of a text, the text.
  if (given.body instanceof ReadableStream && isRequest(init)) given.body = splitRequest(init).body;
  return isForeign(given.body) ? { ...given, ...partsOf(given.body, given.headers) } : given;
}

/** A body that no worker takes as it is: a form or a blob of a library, a stream of Node's. */
function isForeign(body: unknown): body is BodyInit {
  if (typeof body !== "object" || body === null || ArrayBuffer.isView(body) || isAnyArrayBuffer(body)) return false;
  return ![Blob, FormData, ReadableStream, URLSearchParams].some((Class) => body instanceof Class);
}

/** What a request of ours makes of it. */
function partsOf(body: BodyInit, headers: RequestInit["headers"]) {
  const request = new Request("http://localhost/", { method: "POST", headers, body });
  return { body: splitRequest(request).body, headers: request.headers };
}

/** A worker takes a request for one, and of anything else its text. */
function inputOf(input: unknown) {
  if (typeof input !== "object" || input === null) return input;
  if (input instanceof URL || !isRequest(input)) return `${input}`;
  return input instanceof web.Request ? input : new Request(input);
}

/** An error of the worker has no frames of the test: those that fetch are added. */
function placed(error: unknown, fetch: (input: RequestInfo) => Promise<Response>) {
  if (!(error instanceof Error) || /\n\s+at /.test(`${error.stack}`)) return error;
  const here = { stack: "" };
  Error.captureStackTrace(here, fetch);
  const frames = here.stack.split("\n").filter((line) => /^\s+at /.test(line));
  Object.defineProperty(error, "stack", { value: [error.stack, ...frames].join("\n") });
  return error;
}

export { fetchThrough };
