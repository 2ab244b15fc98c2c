// Bodies. In memory they are text or bytes; a stream is made on demand, as a byte stream, which BYOB readers take.
//
// Upstream would make a plain one. Its bodies take the function that makes streams when they are loaded, which is here,
// and they find another in its place.

import { core } from "ext:core/mod.js";
import { extend } from "ext:miniflare/web/interface.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { FORM_DATA, load, STREAMS, stubOf } from "ext:miniflare/realm/lazy.ts";
import type { BodyController, HeldBody, InnerBody as Body } from "../upstream.d.ts";

stubOf(STREAMS).createReadableStream = (start, pull, cancel) =>
  load(STREAMS).createReadableByteStream(start, (controller) => fill(controller, pull), cancel);
const { InnerBody } = core.loadExtScript("ext:deno_fetch/22_body.js");

export { InnerBody };

type Pull = (controller: BodyController) => unknown;

/** The reader gets the error, however early it comes. */
function fill(controller: ReadableByteStreamController, pull: Pull) {
  try {
    return pull(withBytes(controller));
  } catch (error) {
    controller.error(error);
    return undefined;
  }
}

/** A byte stream takes its chunks for good and has no empty ones; the bytes of a body may belong to its clones too. */
function withBytes(controller: ReadableByteStreamController): BodyController {
  return {
    enqueue(bytes) {
      if (bytes.byteLength > 0) controller.enqueue(bytes.slice());
    },
    close() {
      controller.close();
      controller.byobRequest?.respond(0);
    },
  };
}

/** How many bytes a stream will have, where that is known beforehand. */
const lengths = new WeakMap<object, number>();
export const setLength = (stream: ReadableStream, length: number) => void lengths.set(stream, length);
export const lengthOf = (stream: ReadableStream) => lengths.get(stream);

/** How many bytes an inner body has; undefined when that is not known before it is read. */
function knownLength({ streamOrStatic, length }: Body) {
  const held: HeldBody["body"] | undefined = streamOrStatic.body;
  if (typeof held === "string") return core.encode(held).byteLength;
  return held?.byteLength ?? length ?? undefined;
}

/** Whether a `Content-Length` of the worker's own is that of the body. The platform, which measures bodies, ignores others. */
export const isLengthOf = (value: unknown, body: Body | null) => body === null || Number(value) === knownLength(body);

/** Gives a request or response whose body is a stream of known length the header that says so. */
export function announceLength(message: Request | Response, inner: { body: Body | null }, body: object) {
  const length = lengths.get(body);
  if (length === undefined) return;
  message.headers.set("Content-Length", String(length));
  (inner.body as Body).length = length;
}

/** Puts the refusals of Workers before a body's `formData`. */
export function checkFormData(prototype: Request | Response) {
  const { formData } = prototype;
  extend(prototype, {
    async formData(this: Request | Response) {
      const type = this.headers.get("content-type");
      if (type === null) throw new TypeError("Parsing a Body as FormData requires a Content-Type header.");
      if (!/^\s*(multipart\/form-data|application\/x-www-form-urlencoded)\s*(;|$)/i.test(type)) {
        throw new TypeError(`Unsupported content type: ${type}`);
      }
      if (/^\s*multipart/i.test(type) && !/;\s*boundary=/i.test(type)) {
        throw new TypeError("Multipart: Boundary not found");
      }
      const form = await formData.call(this);
      return worker.flags.has("formdata_parser_supports_files") ? form : withoutFiles(form);
    },
  });
}

/** A form as it was before files were parsed: of each, its text. */
async function withoutFiles(form: FormData) {
  const { FormData } = load(FORM_DATA);
  const plain = new FormData();
  for (const [name, value] of form) plain.append(name, typeof value === "string" ? value : await value.text());
  return plain;
}
