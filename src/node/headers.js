"use strict";
// Headers cross to the addon and back as one flat string, `name\nvalue\nname\nvalue`: one string is one copy, and no
// header value can hold a newline. No headers at all are the empty string.

const { extendLater } = require("./web.js");

/** Node's, with the method that Workers list cookies by. */
class Headers extends Object {
  static {
    extendLater(Headers, "Headers");
  }

  getAll(name) {
    if (String(name).toLowerCase() === "set-cookie") return this.getSetCookie();
    throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
  }
}

/** Node's headers with that method, the same object. */
function withGetAll(headers) {
  return headers instanceof Headers ? headers : Object.setPrototypeOf(headers, Headers.prototype);
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

module.exports = { flattenHeaders, FormData, Headers, parseHeaders, withGetAll, withOurClass };
