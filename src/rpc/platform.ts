// Objects of the platform that calls pass: rebuilt for the other end, moved, or the same at both.

import { core } from "ext:core/mod.js";
import { Request } from "ext:miniflare/web/request-class.ts";
import { Response } from "ext:miniflare/web/response-class.ts";
import { refusesClone } from "ext:miniflare/web/clone.ts";
import { worker } from "ext:miniflare/realm/worker.ts";

const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
type AnyClass = abstract new (...args: never[]) => object;

const is = (value: object, name: string): boolean => {
  const Class = (globalThis as unknown as Record<string, AnyClass | undefined>)[name];
  return typeof Class === "function" && value instanceof Class;
};

/** A namespace, a bucket, a database: an object of a class of ours that is bound. */
const isCapability = (value: object) => refusesClone(value) && Object.values(worker.env).includes(value);

/** An object for the same realm; undefined for a value that is not an object of the platform. */
export function platformHere(value: object): unknown {
  if (value instanceof DOMException) return new DOMException(value.message, value.name);
  if (is(value, "Blob") || isCapability(value) || is(value, "AbortSignal")) return value;
  if (value instanceof Request) return new Request(value);
  if (value instanceof Response) return new Response(value.body, value as unknown as ResponseInit);
  if (is(value, "Headers")) return new Headers(value as Headers);
  if (is(value, "ReadableStream")) return moved(value as ReadableStream);
  if (is(value, "WritableStream")) return movedSink(value as WritableStream);
  return undefined;
}

const CROSSING = ["Blob", "Headers", "Request", "Response", "ReadableStream", "WritableStream", "AbortSignal"];

/** An object that the membrane rebuilds or moves; undefined for other values. */
export function platformCrossing(value: object): unknown {
  if (value instanceof DOMException || isCapability(value)) return value;
  if (is(value, "ReadableStream")) return moved(value as ReadableStream);
  return CROSSING.some((name) => is(value, name)) ? value : undefined;
}

const LOCKED = "The ReadableStream has been locked to a reader.";
const NO_BYTES =
  "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.";

function checkBytes(chunk: unknown) {
  if (!(chunk instanceof ArrayBuffer) && !ArrayBuffer.isView(chunk)) throw new TypeError(NO_BYTES);
}

/** The sender's stream is locked from now on; one that is locked cannot be moved. Only bytes pass. */
function moved(stream: ReadableStream) {
  if (stream.locked) throw new TypeError(LOCKED);
  return stream.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        checkBytes(chunk);
        controller.enqueue(chunk);
      },
    }),
  );
}

function movedSink(stream: WritableStream) {
  const writer = stream.getWriter();
  return new WritableStream({
    write(chunk) {
      checkBytes(chunk);
      return writer.write(chunk);
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  });
}
