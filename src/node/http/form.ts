// Forms as bodies, in the words of the HTML standard's multipart/form-data, and blobs. One of texts alone is a text. A
// file's bytes come later: of Node's own forms and blobs they are left to Node, those of libraries become a stream here,
// as Node takes their classes for objects like any other.

import { types } from "node:util";
import { describe } from "../errors.ts";
import { web } from "./fetch-classes.ts";

/** A body, and the content type that it has by itself. */
export type TypedBody<Body> = [body: Body, type: string | null];

/** A form of Node's or of a library; entries are texts and blobs, or what a text is made of. */
interface Form {
  append: unknown;
  [Symbol.iterator](): Iterator<[name: string, value: unknown]>;
}

/** A blob of Node's or of a library, which has one of the methods at least. */
interface ForeignBlob {
  readonly type?: string;
  readonly name?: unknown;
  stream?(): AsyncIterable<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

const BOUNDARIES = 1e13;
const FILE_TYPE = "application/octet-stream";
/** What a form or a blob is sent as. */
type Part = string | ForeignBlob;

const encoder = new TextEncoder();

/** `[body, content type]` of a form whose entries are texts; undefined for whatever else. */
function textOfForm(body: unknown): TypedBody<string> | undefined {
  if (!isForm(body) || typeof body[Symbol.iterator] !== "function") return undefined;
  const boundary = newBoundary();
  let text = "";
  for (const [name, value] of body) {
    if (typeof value !== "string") return undefined;
    text += textPart(boundary, name, value);
  }
  return [`${text}--${boundary}--\r\n`, formType(boundary)];
}

/** `[stream, content type]` of a form or a blob of a library; undefined for what Node takes as it is. */
function streamOfForeign(body: unknown): TypedBody<ReadableStream> | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  if (isForm(body)) return body instanceof web.FormData ? undefined : streamOfForm(body);
  if (!isBlob(body) || body instanceof (require("node:buffer") as typeof import("node:buffer")).Blob) return undefined;
  return [streamOf([body]), body.type || null];
}

function streamOfForm(form: Form): TypedBody<ReadableStream> {
  if (typeof form[Symbol.iterator] !== "function") {
    throw new TypeError(`A form as a body can be iterated, as the standard's FormData can, got ${describe(form)}`);
  }
  const boundary = newBoundary();
  const parts: Part[] = [];
  for (const [name, value] of form) {
    if (isBlob(value)) parts.push(filePart(boundary, name, value), value, "\r\n");
    else parts.push(textPart(boundary, name, String(value)));
  }
  return [streamOf([...parts, `--${boundary}--\r\n`]), formType(boundary)];
}

/** A stream of bytes, of texts and blobs one after the other. */
function streamOf(parts: Part[]): ReadableStream {
  const chunks = chunksOf(parts);
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (!done) return controller.enqueue(value);
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => void chunks.return(),
  });
}

async function* chunksOf(parts: Part[]): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for (const part of parts) {
    if (typeof part === "string") yield encoder.encode(part);
    else yield* chunksOfBlob(part);
  }
}

// A byte stream refuses empty chunks, and takes the memory of others: Node's own blobs give views of what they keep.
async function* chunksOfBlob(blob: ForeignBlob): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const content = typeof blob.stream === "function" ? blob.stream() : [await blob.arrayBuffer()];
  for await (const chunk of content) if (chunk.byteLength > 0) yield new Uint8Array(chunk);
}

/** Node loads its own class when it is named, which one who has a form has done. */
function isForm(body: unknown): body is Form {
  return (
    typeof (body as Partial<Form> | null | undefined)?.append === "function" && tagOf(body) === "[object FormData]"
  );
}

function isBlob(value: unknown): value is ForeignBlob {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const tag = tagOf(value);
  if (tag !== "[object Blob]" && tag !== "[object File]") return false;
  const blob: Partial<ForeignBlob> = value;
  if (typeof blob.stream === "function" || typeof blob.arrayBuffer === "function") return true;
  throw new TypeError(`A blob as a body has stream() or arrayBuffer(), got ${describe(value)}`);
}

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

const newBoundary = (): string =>
  `----miniflare-rs-${Math.floor(Math.random() * BOUNDARIES)
    .toString()
    .padStart(13, "0")}`;
const formType = (boundary: string): string => `multipart/form-data; boundary=${boundary}`;

const partHead = (boundary: string, name: unknown): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(newlines(String(name)))}"`;
const textPart = (boundary: string, name: unknown, value: string): string =>
  `${partHead(boundary, name)}\r\n\r\n${newlines(value)}\r\n`;
const filePart = (boundary: string, name: unknown, { name: file = "blob", type }: ForeignBlob): string =>
  `${partHead(boundary, name)}; filename="${escaped(String(file))}"\r\nContent-Type: ${type || FILE_TYPE}\r\n\r\n`;

const newlines = (text: string): string => text.replace(/\r\n?|\n/g, "\r\n");
const ESCAPES: Readonly<Record<string, string>> = { "\n": "%0A", "\r": "%0D", '"': "%22" };
const escaped = (text: string): string => text.replace(/[\n\r"]/g, (character) => ESCAPES[character]);

export { streamOfForeign, textOfForm };
