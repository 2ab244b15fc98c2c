// What an interceptor replies: from the arguments of `reply()`, or of what its callback returns, to a status, headers
// and content. Objects are sent as JSON, as they are at the time of the request.

import { STATUS_CODES } from "node:http";
import { types } from "node:util";
import { describe } from "../../node/errors.ts";
import { NAME } from "../../node/http/plain-headers.ts";
import { InvalidArgumentError } from "./mock-errors.ts";
import { textOfHeaders } from "../../web/header-text.js";

const FORBIDDEN_IN_VALUE = /[\0\r\n]/;

/** The data of a reply as undici keeps it; throws when it is none. */
function replyData(defaults, statusCode, data = "", responseOptions = {}) {
  const status = checkStatus(statusCode);
  if (typeof responseOptions !== "object" || responseOptions === null) {
    throw new InvalidArgumentError("responseOptions must be an object");
  }
  const length = defaults.contentLength && typeof data !== "function" ? lengthHeader(contentOf(data)) : {};
  if (!defaults.contentLength && typeof data === "object") contentOf(data);
  return {
    statusCode: status,
    data,
    headers: { ...defaults.headers, ...length, ...headerRecord("headers", responseOptions.headers) },
    trailers: { ...defaults.trailers, ...headerRecord("trailers", responseOptions.trailers) },
  };
}

function checkStatus(statusCode) {
  if (statusCode === undefined) throw new InvalidArgumentError("statusCode must be defined");
  const status = typeof statusCode === "string" && statusCode !== "" ? Number(statusCode) : statusCode;
  if (Number.isInteger(status) && status >= 200 && status <= 999) return status;
  throw new InvalidArgumentError(`statusCode must be an integer from 200 to 999, got ${describe(statusCode)}`);
}

/** Headers or trailers as a plain object of valid names and values. */
function headerRecord(option, headers) {
  if (headers === undefined || headers === null) return {};
  if (typeof headers !== "object") throw new InvalidArgumentError(`${option} must be an object`);
  const entries = typeof headers[Symbol.iterator] === "function" ? [...headers] : Object.entries(headers);
  const record = {};
  for (const [name, value] of entries) {
    checkHeader(option, name, value);
    record[name] = name in record && Array.isArray(headers) ? [record[name], value].flat() : value;
  }
  return record;
}

function checkHeader(option, name, value) {
  if (!NAME.test(name)) throw new InvalidArgumentError(`${option}: invalid header name ${describe(name)}`);
  const values = Array.isArray(value) ? value : [value];
  if (!values.some((one) => FORBIDDEN_IN_VALUE.test(`${one}`))) return;
  throw new InvalidArgumentError(`${option}: invalid value of header "${name}": ${describe(value)}`);
}

/** Text or bytes of a reply's data. */
function contentOf(data) {
  if (data instanceof Uint8Array) return data;
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  if (typeof data === "string") return data;
  if (data === undefined) throw new InvalidArgumentError("data must be defined");
  if (typeof data !== "object") return data.toString();
  const text = jsonOf(data);
  if (typeof text === "string") return text;
  throw new InvalidArgumentError(`data must have a JSON form, got ${describe(data)}`);
}

function jsonOf(data) {
  try {
    return JSON.stringify(data);
  } catch (error) {
    throw new InvalidArgumentError(`data must have a JSON form, got ${describe(data)}: ${error.message}`);
  }
}

const lengthHeader = (content) => ({ "content-length": Buffer.byteLength(content) });

/** Headers as they cross to the worker. Text beyond Latin-1 arrives as its UTF-8 bytes, as it would from a server. */
function headerText(headers) {
  const named = Object.entries(headers).flatMap(([name, value]) =>
    valuesOf(name, value).map((one) => [name.toLowerCase(), one]),
  );
  return textOfHeaders(named);
}

function valuesOf(name, value) {
  const isCookies = Array.isArray(value) && name.toLowerCase() === "set-cookie";
  return isCookies ? value.map(latin1) : [latin1(`${value}`)];
}

function latin1(value) {
  const text = `${value}`;
  return IS_ASCII.test(text) ? text : Buffer.from(text).toString("latin1");
}
const IS_ASCII = /^[\t\x20-\x7e]*$/;

const statusText = (status) => STATUS_CODES[status] ?? "unknown";

export { contentOf, headerRecord, headerText, lengthHeader, replyData, statusText };
