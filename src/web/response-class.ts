// `Response`: upstream's, with what Workers may give it besides: a web socket, `cf`, and who encodes its body.

import { core } from "ext:core/mod.js";
import { announceLength, checkFormData } from "ext:miniflare/web/bodies.ts";
import { extend, takeOver } from "ext:miniflare/web/interface.ts";

const { Response: Upstream, toInnerResponse } = core.loadExtScript("ext:deno_fetch/23_response.js");

const SWITCHING_PROTOCOLS = 101;
type Encoding = "automatic" | "manual";

/** What Workers may give a response besides. */
interface Extras {
  webSocket?: unknown;
  cf?: unknown;
  encodeBody?: Encoding;
}
type WorkerInit = ResponseInit & Extras;

/** A response with what Workers have besides. */
export interface Response extends globalThis.Response {
  readonly encodeBody: Encoding;
  readonly webSocket: unknown;
  readonly cf: unknown;
}
interface ResponseClass {
  readonly prototype: Response;
  readonly name: string;
  new (body?: BodyInit | null, init?: WorkerInit): Response;
}

const ENCODINGS = ["automatic", "manual"];

/** What few responses have: `{ webSocket, cf, encodeBody }`. */
const extras = new WeakMap<object, Extras>();

// An expression, whose name the bundle leaves as it is: V8 shows it in errors.
export const Response = function Response(
  this: unknown,
  body: BodyInit | null = null,
  init: WorkerInit | undefined = undefined,
) {
  if (new.target === undefined) throw new TypeError("Class constructor Response cannot be invoked without 'new'");
  const response =
    new.target === (Response as unknown)
      ? new Upstream(body, init)
      : (Reflect.construct(Upstream, [body, init], new.target) as globalThis.Response);
  if (init !== undefined && init !== null) applyInit(response, init);
  if (typeof body === "object" && body !== null) announceLength(response, toInnerResponse(response), body);
  return response;
} as unknown as ResponseClass;

function applyInit(response: globalThis.Response, init: WorkerInit) {
  const { webSocket, cf, encodeBody } = extras.get(init) ?? init;
  if (encodeBody !== undefined && !ENCODINGS.includes(encodeBody)) {
    throw new TypeError(`encodeBody: unexpected value: ${encodeBody}`);
  }
  const upgraded = webSocket !== undefined && webSocket !== null;
  const status = response.status;
  if (upgraded && status !== SWITCHING_PROTOCOLS) {
    throw new RangeError("Responses with a WebSocket must have status code 101.");
  }
  if (!upgraded && status === SWITCHING_PROTOCOLS) {
    throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
  }
  if (upgraded || cf !== undefined || encodeBody !== undefined) extras.set(response, { webSocket, cf, encodeBody });
}

takeOver(Response, Upstream, ["error", "redirect"]);
extend(Response, {
  json(data: unknown, init: WorkerInit | undefined = undefined) {
    const response = Upstream.json(data, init);
    if (init !== undefined && init !== null) applyInit(response, init);
    return response;
  },
});

const { clone } = Response.prototype;

extend(Response.prototype, {
  get encodeBody(): Encoding {
    return extras.get(this)?.encodeBody ?? "automatic";
  },
  get webSocket() {
    return extras.get(this)?.webSocket ?? null;
  },
  get cf() {
    return extras.get(this)?.cf;
  },
  clone(this: Response) {
    const extra = extras.get(this);
    if (extra?.webSocket) throw new TypeError("Cannot clone a response to a WebSocket handshake.");
    const copy = clone.call(this);
    if (extra !== undefined) extras.set(copy, extra);
    return copy;
  },
});
checkFormData(Response.prototype);
