// Headers of `node:http` messages: names and values as Node checks them, and the forms in which they are given and read.

import { invalidArgType, nodeError } from "./errors.ts";

type Value = string | number | readonly string[];

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;
const WRONG_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export const isToken = (name: unknown) => typeof name === "string" && TOKEN.test(name);
export const isWrongValue = (value: string) => WRONG_VALUE.test(value);

/** Headers of which a message has one: the first counts. */
const SINGLE = new Set([
  ...["age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host", "if-modified-since"],
  ...["if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer"],
  ...["retry-after", "server", "user-agent"],
]);

export function validateHeaderName(name: unknown, label = "Header name") {
  if (isToken(name)) return;
  throw nodeError(TypeError, "ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${name}"]`);
}

export function validateHeaderValue(name: string, value: unknown) {
  if (value === undefined) {
    throw nodeError(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
  }
  if (isWrongValue(String(value))) {
    throw nodeError(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
  }
}

/** The headers of a message that is sent, by their names in lower case. */
export class OutgoingHeaders {
  readonly #entries = new Map<string, [name: string, value: Value]>();

  set(name: string, value: Value) {
    validateHeaderName(name);
    for (const one of [value].flat()) validateHeaderValue(name, one);
    this.#entries.set(name.toLowerCase(), [name, value]);
  }

  append(name: string, value: Value) {
    const known = this.get(name);
    this.set(name, known === undefined ? value : [known, value].flat().map(String));
  }

  /** Takes headers as options have them: an object, a flat list, a list of pairs, or `Headers`. */
  setAll(given: unknown) {
    if (given === undefined || given === null) return;
    if (typeof given !== "object") throw invalidArgType("options.headers", "object", given);
    if (given instanceof Headers || given instanceof Map) {
      for (const [name, value] of given) this.append(name, value);
    } else if (Array.isArray(given)) {
      const flat = given.every(Array.isArray) ? given.flat() : given;
      for (let index = 0; index + 1 < flat.length; index += 2) this.append(flat[index], flat[index + 1]);
    } else {
      for (const [name, value] of Object.entries(given)) if (value !== undefined) this.set(name, value as Value);
    }
  }

  /** Takes headers in the place of those of the same names. */
  replaceAll(given: unknown) {
    if (Array.isArray(given)) {
      const names = given.every(Array.isArray)
        ? given.map(([name]) => name)
        : given.filter((_, index) => index % 2 === 0);
      for (const name of names) this.delete(name);
    }
    this.setAll(given);
  }

  /** Name and value of each, several times where a header has several values. */
  *lines(): Iterable<[name: string, value: string]> {
    for (const [name, value] of this.#entries.values()) for (const one of [value].flat()) yield [name, String(one)];
  }

  get = (name: string) => this.#entries.get(String(name).toLowerCase())?.[1];
  has = (name: string) => this.#entries.has(String(name).toLowerCase());
  delete = (name: string) => this.#entries.delete(String(name).toLowerCase());
  names = () => [...this.#entries.keys()];
  rawNames = () => [...this.#entries.values()].map(([name]) => name);
  toObject = () =>
    Object.assign(Object.create(null), Object.fromEntries([...this.#entries].map(([key, [, value]]) => [key, value])));

  toHeaders(): Headers {
    const headers = new Headers();
    for (const [name, value] of this.lines()) headers.append(name, value);
    return headers;
  }
}

/** The headers of a message that has arrived, in the forms of `IncomingMessage`. */
export function incomingHeaders(given: Headers, leftOut: (name: string) => boolean) {
  const headers: Record<string, string | string[]> = {};
  const headersDistinct: Record<string, string[]> = Object.create(null);
  const rawHeaders: string[] = [];
  for (const [name, value] of given) {
    if (leftOut(name)) continue;
    rawHeaders.push(name, value);
    (headersDistinct[name] ??= []).push(value);
    if (name === "set-cookie") headers[name] = [...((headers[name] as string[] | undefined) ?? []), value];
    else if (headers[name] === undefined) headers[name] = value;
    else if (!SINGLE.has(name)) headers[name] = `${headers[name]}${name === "cookie" ? "; " : ", "}${value}`;
  }
  return { headers, headersDistinct, rawHeaders };
}
