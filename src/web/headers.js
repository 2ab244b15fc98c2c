// `Headers`: the cookies one by one, as Workers had them before the standard, and the word for headers that are fixed.

import { core } from "ext:core/mod.js";
import { extend } from "ext:miniflare/web/interface.js";

const { guardFromHeaders, Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");

extend(Headers.prototype, {
  getAll(name) {
    if (String(name).toLowerCase() === "set-cookie") return this.getSetCookie();
    throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
  },
});

const { append, delete: remove, set } = Headers.prototype;

extend(Headers.prototype, {
  append(name, value) {
    assertMutable(this);
    return Reflect.apply(append, this, arguments);
  },
  delete(name) {
    assertMutable(this);
    return Reflect.apply(remove, this, arguments);
  },
  set(name, value) {
    assertMutable(this);
    return Reflect.apply(set, this, arguments);
  },
});

function assertMutable(headers) {
  if (guardFromHeaders(headers) === "immutable") throw new TypeError("immutable");
}

export { Headers };
