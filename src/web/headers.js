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

for (const name of ["append", "delete", "set"]) {
  const change = Headers.prototype[name];
  extend(Headers.prototype, {
    [name](...args) {
      if (guardFromHeaders(this) === "immutable") throw new TypeError("immutable");
      return change.apply(this, args);
    },
  });
}

export { Headers };
