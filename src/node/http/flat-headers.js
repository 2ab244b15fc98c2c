"use strict";
// Headers cross to the addon and back as one flat string, `name\nvalue\nname\nvalue`: one string is one copy, and no
// header value can hold a newline. No headers at all are the empty string.

const { extendLater } = require("./fetch-classes.js");

/** Those of responses that were fetched. */
const immutable = new WeakSet();

function assertMutable(headers) {
  if (immutable.has(headers)) throw new TypeError("immutable");
}

/** Node's, with the method that Workers list cookies by. */
class Headers extends Object {
  static {
    extendLater(Headers, "Headers");
  }

  append(name, value) {
    assertMutable(this);
    return super.append(name, value);
  }

  delete(name) {
    assertMutable(this);
    return super.delete(name);
  }

  set(name, value) {
    assertMutable(this);
    return super.set(name, value);
  }

  getAll(name) {
    if (String(name).toLowerCase() === "set-cookie") return this.getSetCookie();
    throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
  }
}

/** Node's headers with that method, the same object. */
function withGetAll(headers) {
  const isOurs = Object.getPrototypeOf(headers) === Headers.prototype;
  return isOurs ? headers : Object.setPrototypeOf(headers, Headers.prototype);
}

/** Node's, under a name of this package. */
class FormData extends Object {
  static {
    extendLater(FormData, "FormData");
  }
}

/** A form of Node's as an instance of that class, the same object. */
function withOurClass(form) {
  return Object.setPrototypeOf(form, FormData.prototype);
}

function flattenHeaders(headers) {
  let flat = "";
  for (const [name, value] of headers) flat += `${flat && "\n"}${name}\n${value}`;
  return flat;
}

function parseHeaders(flat) {
  const headers = new Headers();
  if (flat === "") return headers;
  const parts = flat.split("\n");
  for (let i = 0; i < parts.length; i += 2) headers.append(parts[i], parts[i + 1]);
  return headers;
}

/** Headers that were fetched: changing them is a TypeError. */
function fetchedHeaders(flat) {
  const headers = parseHeaders(flat);
  immutable.add(headers);
  return headers;
}

module.exports = { fetchedHeaders, flattenHeaders, FormData, Headers, parseHeaders, withGetAll, withOurClass };
