// `Request`: upstream's, with the `cf` object that Workers attach.

import { core } from "ext:core/mod.js";
import { announceLength, checkFormData } from "ext:miniflare/web/bodies.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { extend, takeOver } from "ext:miniflare/web/interface.ts";

const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");
const { Request: Upstream, toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");

const CONTENT_TYPE = "Content-Type";

/** The properties that Workers give a request: data, which a script may read and write. */
export type Cf = Record<string, unknown>;
type WorkerInit = RequestInit & { cf?: object | null };

const cfOf = new WeakMap<object, Cf | CfText>();

/** A `cf` object as JSON: most workers never look at it. */
class CfText {
  declare readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The `cf` object that a request carries. */
export function getCf(request: object): Cf | undefined {
  const cf = cfOf.get(request);
  if (!(cf instanceof CfText)) return cf;
  const parsed: Cf = JSON.parse(cf.text);
  cfOf.set(request, parsed);
  return parsed;
}
/** Texts by their numbers: requests of one client have the same. */
const texts: CfText[] = [];
/** What `setCf` takes for JSON, which comes with its number the first time. */
export const cfTextOf = (number: number, text: string | undefined) =>
  text === undefined ? texts[number] : (texts[number] = new CfText(text));
export const setCf = (request: Request, cf: unknown) => void (cf === undefined || cfOf.set(request, cf as Cf | CfText));

export type Request = globalThis.Request;
interface RequestClass {
  readonly prototype: Request;
  readonly name: string;
  new (input: RequestInfo | URL, init?: WorkerInit): Request;
}

// An expression, whose name the bundle leaves as it is: V8 shows it in errors.
export const Request = function Request(
  this: unknown,
  input: RequestInfo | URL,
  init: WorkerInit | undefined = undefined,
) {
  if (new.target === undefined) throw new TypeError("Class constructor Request cannot be invoked without 'new'");
  const request =
    new.target === (Request as unknown)
      ? new Upstream(input, init)
      : (Reflect.construct(Upstream, [input, init], new.target) as Request);
  if (init?.method !== undefined && worker.flags.has("upper_case_all_http_methods")) {
    const inner = toInnerRequest(request);
    inner.method = inner.method.toUpperCase();
  }
  const cf = init?.cf;
  if (cf !== undefined && cf !== null) cfOf.set(request, JSON.parse(JSON.stringify(cf)));
  else if (cfOf.has(input as object)) cfOf.set(request, getCf(input as object) as Cf);
  const body = init?.body;
  if (typeof body === "object" && body !== null) announceLength(request, toInnerRequest(request), body);
  if (body !== undefined && body !== null && !(input instanceof Upstream))
    nameContentType(request, (init as WorkerInit).headers);
  return request;
} as unknown as RequestClass;

/** The header that says what a body is has its name in lower case, unless the worker itself wrote it. */
function nameContentType(request: Request, given: HeadersInit | undefined) {
  const last = toInnerRequest(request).headerList.at(-1);
  if (last?.[0] === CONTENT_TYPE && !(given !== undefined && new Headers(given).has(CONTENT_TYPE))) {
    last[0] = CONTENT_TYPE.toLowerCase();
  }
}
takeOver(Request, Upstream);

const { clone } = Request.prototype;

extend(Request.prototype, {
  get cf() {
    return getCf(this);
  },
  clone(this: Request) {
    const copy = clone.call(this);
    setCf(copy, getCf(this));
    return copy;
  },
});
checkFormData(Request.prototype);
