// `Headers`: the cookies one by one, as Workers had them before the standard.

import { core } from "ext:core/mod.js";
import { extend } from "ext:miniflare/web/interface.ts";

const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");

extend(Headers.prototype, {
  getAll(this: Headers, name: unknown) {
    if (String(name).toLowerCase() === "set-cookie") return this.getSetCookie();
    throw new TypeError('getAll() can only be used with the header name "Set-Cookie".');
  },
});

export { Headers };
