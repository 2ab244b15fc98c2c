// `Request`: upstream's, with the `cf` object that Workers attach.

import { core } from "ext:core/mod.js";
import { announceLength, checkFormData } from "ext:miniflare/web/bodies.js";
import { extend, takeOver } from "ext:miniflare/web/interface.js";

const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");
const { Request: Upstream, toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");

const CONTENT_TYPE = "Content-Type";

const cfOf = new WeakMap();

/** The `cf` object that a request carries. */
export const getCf = (request) => cfOf.get(request);
export const setCf = (request, cf) => void (cf === undefined || cfOf.set(request, cf));

// An expression, whose name the bundle leaves as it is: V8 shows it in errors.
export const Request = function Request(input, init = undefined) {
  if (new.target === undefined) throw new TypeError("Class constructor Request cannot be invoked without 'new'");
  const request =
    new.target === Request ? new Upstream(input, init) : Reflect.construct(Upstream, [input, init], new.target);
  const cf = init?.cf;
  if (cf !== undefined && cf !== null) cfOf.set(request, JSON.parse(JSON.stringify(cf)));
  else if (cfOf.has(input)) cfOf.set(request, cfOf.get(input));
  const body = init?.body;
  if (typeof body === "object" && body !== null) announceLength(request, toInnerRequest(request), body);
  if (body !== undefined && body !== null && !(input instanceof Upstream)) nameContentType(request, init.headers);
  return request;
};

/** The header that says what a body is has its name in lower case, unless the worker itself wrote it. */
function nameContentType(request, given) {
  const last = toInnerRequest(request).headerList.at(-1);
  if (last?.[0] === CONTENT_TYPE && !(given !== undefined && new Headers(given).has(CONTENT_TYPE))) {
    last[0] = CONTENT_TYPE.toLowerCase();
  }
}
takeOver(Request, Upstream);

const { clone } = Request.prototype;

extend(Request.prototype, {
  get cf() {
    return cfOf.get(this);
  },
  clone() {
    const copy = clone.call(this);
    setCf(copy, cfOf.get(this));
    return copy;
  },
});
checkFormData(Request.prototype);
