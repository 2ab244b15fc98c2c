// What an interceptor replies: from the arguments of `reply()`, or of what its callback returns, to a status, headers
// and content. Objects are sent as JSON, as they are at the time of the request.

import { STATUS_CODES } from "node:http";
import { types } from "node:util";
import { describe } from "../../node/errors.ts";
import { NAME } from "../../node/http/plain-headers.ts";
import { InvalidArgumentError } from "./mock-errors.ts";
import { textOfHeaders } from "../../web/header-text.ts";
import type { MockReplyData, MockRequestOptions, MockResponseOptions } from "../../../index.d.ts";
import type { Awaitable } from "./matching.ts";

/** What a response's content may be. */
export type ReplyContent = string | Uint8Array | ReadableStream | null;

/** What a request is answered with; headers are flat. */
export interface MockResponse<Body extends ReplyContent = string | Uint8Array> {
  status: number;
  statusText: string;
  headers: string;
  content: Body;
  keep?: undefined;
}

/** Values of headers by their names; of several, a list. */
export type HeaderRecord = Record<string, unknown>;

/** What all replies of an interceptor have. */
export interface ReplyDefaults {
  headers: HeaderRecord;
  trailers: HeaderRecord;
  contentLength: boolean;
}

/** Makes a reply, or a part of it, of a request. */
export type Callback<Reply> = (request: MockRequestOptions) => Awaitable<Reply>;

export type DataOrCallback = MockReplyData | Callback<MockReplyData>;

/** A reply as undici keeps it. */
export interface ReplyData {
  statusCode: number;
  data: DataOrCallback;
  headers: HeaderRecord;
  trailers: HeaderRecord;
}

const FORBIDDEN_IN_VALUE = /[\0\r\n]/;

/** The data of a reply as undici keeps it; throws if it is invalid. */
function replyData(
  defaults: ReplyDefaults,
  statusCode: unknown,
  data: DataOrCallback = "",
  responseOptions: MockResponseOptions = {},
): ReplyData {
  const status = checkStatus(statusCode);
  if (typeof responseOptions !== "object" || responseOptions === null) {
    throw new InvalidArgumentError("responseOptions must be an object");
  }
  const length = defaults.contentLength && !isCallback(data) ? lengthHeader(contentOf(data)) : {};
  if (!defaults.contentLength && typeof data === "object") contentOf(data);
  return {
    statusCode: status,
    data,
    headers: { ...defaults.headers, ...length, ...headerRecord("headers", responseOptions.headers) },
    trailers: { ...defaults.trailers, ...headerRecord("trailers", responseOptions.trailers) },
  };
}

const isCallback = (data: DataOrCallback): data is Callback<MockReplyData> => typeof data === "function";

function checkStatus(statusCode: unknown): number {
  if (statusCode === undefined) throw new InvalidArgumentError("statusCode must be defined");
  const status = typeof statusCode === "string" && statusCode !== "" ? Number(statusCode) : statusCode;
  if (isInteger(status) && status >= 200 && status <= 999) return status;
  throw new InvalidArgumentError(`statusCode must be an integer from 200 to 999, got ${describe(statusCode)}`);
}

const isInteger = (value: unknown): value is number => Number.isInteger(value);

/** Headers or trailers as a plain object of valid names and values. */
function headerRecord(option: string, headers: unknown): HeaderRecord {
  if (headers === undefined || headers === null) return {};
  if (typeof headers !== "object") throw new InvalidArgumentError(`${option} must be an object`);
  const entries: [string, unknown][] = isIterable<unknown>(headers) ? [...headers] : Object.entries(headers);
  const record: HeaderRecord = {};
  for (const [name, value] of entries) {
    checkHeader(option, name, value);
    record[name] = name in record && Array.isArray(headers) ? [record[name], value].flat() : value;
  }
  return record;
}

function isIterable<Value>(headers: object): headers is Iterable<[string, Value]> {
  return Symbol.iterator in headers && typeof headers[Symbol.iterator] === "function";
}

function checkHeader(option: string, name: string, value: unknown): void {
  if (!NAME.test(name)) throw new InvalidArgumentError(`${option}: invalid header name ${describe(name)}`);
  const values = Array.isArray(value) ? value : [value];
  if (!values.some((one) => FORBIDDEN_IN_VALUE.test(`${one}`))) return;
  throw new InvalidArgumentError(`${option}: invalid value of header "${name}": ${describe(value)}`);
}

/** Text or bytes of a reply's data. */
function contentOf(data: MockReplyData | undefined): string | Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (typeof data === "string") return data;
  if (data === undefined) throw new InvalidArgumentError("data must be defined");
  if (typeof data !== "object") return data.toString();
  const text = jsonOf(data);
  if (typeof text === "string") return text;
  throw new InvalidArgumentError(`data must have a JSON form, got ${describe(data)}`);
}

function jsonOf(data: object | null): string | undefined {
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw new InvalidArgumentError(`data must have a JSON form, got ${describe(data)}: ${(error as Error).message}`);
  }
}

const lengthHeader = (content: string | Uint8Array): HeaderRecord => ({ "content-length": Buffer.byteLength(content) });

/** Headers as they cross to the worker. Text beyond Latin-1 arrives as its UTF-8 bytes, as it would from a server. */
function headerText(headers: HeaderRecord): string {
  const named = Object.entries(headers).flatMap(([name, value]) =>
    valuesOf(name, value).map((one): [string, string] => [name.toLowerCase(), one]),
  );
  return textOfHeaders(named);
}

function valuesOf(name: string, value: unknown): string[] {
  const isCookies = Array.isArray(value) && name.toLowerCase() === "set-cookie";
  return isCookies ? value.map(latin1) : [latin1(`${value}`)];
}

function latin1(value: unknown): string {
  const text = `${value}`;
  return IS_ASCII.test(text) ? text : Buffer.from(text).toString("latin1");
}
const IS_ASCII = /^[\t\x20-\x7e]*$/;

const statusText = (status: number): string => STATUS_CODES[status] ?? "unknown";

export { contentOf, headerRecord, headerText, isCallback, isIterable, lengthHeader, replyData, statusText };
