// The class of headers that users meet, over Node's, and what makes one of the text that headers cross as.

import { extendLater } from "./fetch-classes.ts";
import { headersOfText } from "../../web/header-text.ts";

/** Those of responses that were fetched. */
const immutable = new WeakSet<Headers>();

function assertMutable(headers: Headers): void {
  if (immutable.has(headers)) throw new TypeError("immutable");
}

/** Node's, with the method that Workers list cookies by. */
class Headers extends (Object as unknown as typeof globalThis.Headers) {
  static {
    extendLater(Headers, "Headers");
  }

  override append(name: string, value: string) {
    assertMutable(this);
    return super.append(name, value);
  }

  override delete(name: string) {
    assertMutable(this);
    return super.delete(name);
  }

  override set(name: string, value: string) {
    assertMutable(this);
    return super.set(name, value);
  }

  getAll(name: string): string[] {
    if (String(name).toLowerCase() === "set-cookie") return this.getSetCookie();
    throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
  }
}

/** Node's headers with that method, the same object. */
function withGetAll(headers: globalThis.Headers): Headers {
  const isOurs = Object.getPrototypeOf(headers) === Headers.prototype;
  return isOurs ? (headers as Headers) : Object.setPrototypeOf(headers, Headers.prototype);
}

/** Node's, under a name of this package. */
class FormData extends (Object as unknown as typeof globalThis.FormData) {
  static {
    extendLater(FormData, "FormData");
  }
}

/** A form of Node's as an instance of that class, the same object. */
function withOurClass(form: globalThis.FormData): FormData {
  return Object.setPrototypeOf(form, FormData.prototype);
}

/** The headers of a text. */
function parseHeaders(text: string): Headers {
  const headers = new Headers();
  for (const [name, value] of headersOfText(text)) headers.append(name, value);
  return headers;
}

/** Headers that were fetched: changing them is a TypeError. */
function fetchedHeaders(text: string): Headers {
  const headers = parseHeaders(text);
  immutable.add(headers);
  return headers;
}

export { fetchedHeaders, FormData, Headers, parseHeaders, withGetAll, withOurClass };
