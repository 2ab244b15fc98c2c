// Forms as bodies, in the words of the HTML standard's multipart/form-data, and blobs. One of texts alone is a text. A
// file's bytes come later: of Node's own forms and blobs they are left to Node, those of libraries become a stream here,
// as Node takes their classes for objects like any other.

import { types } from "node:util";
import { describe } from "../errors.ts";
import { web } from "./fetch-classes.ts";

const BOUNDARIES = 1e13;
const FILE_TYPE = "application/octet-stream";
const encoder = new TextEncoder();

/** `[body, content type]` of a form whose entries are texts; undefined for whatever else. */
function textOfForm(body) {
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
function streamOfForeign(body) {
  if (typeof body !== "object" || body === null) return undefined;
  if (isForm(body)) return body instanceof web.FormData ? undefined : streamOfForm(body);
  if (!isBlob(body) || body instanceof require("node:buffer").Blob) return undefined;
  return [streamOf([body]), body.type || null];
}

function streamOfForm(form) {
  if (typeof form[Symbol.iterator] !== "function") {
    throw new TypeError(`A form as a body can be iterated, as the standard's FormData can, got ${describe(form)}`);
  }
  const boundary = newBoundary();
  const parts = [];
  for (const [name, value] of form) {
    if (isBlob(value)) parts.push(filePart(boundary, name, value), value, "\r\n");
    else parts.push(textPart(boundary, name, String(value)));
  }
  return [streamOf([...parts, `--${boundary}--\r\n`]), formType(boundary)];
}

/** A stream of bytes, of texts and blobs one after the other. */
function streamOf(parts) {
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

async function* chunksOf(parts) {
  for (const part of parts) {
    if (typeof part === "string") yield encoder.encode(part);
    else yield* chunksOfBlob(part);
  }
}

// A byte stream refuses empty chunks, and takes the memory of others: Node's own blobs give views of what they keep.
async function* chunksOfBlob(blob) {
  const content = typeof blob.stream === "function" ? blob.stream() : [await blob.arrayBuffer()];
  for await (const chunk of content) if (chunk.byteLength > 0) yield new Uint8Array(chunk);
}

/** Node loads its own class when it is named, which one who has a form has done. */
function isForm(body) {
  return typeof body?.append === "function" && tagOf(body) === "[object FormData]";
}

function isBlob(value) {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  const tag = tagOf(value);
  if (tag !== "[object Blob]" && tag !== "[object File]") return false;
  if (typeof value.stream === "function" || typeof value.arrayBuffer === "function") return true;
  throw new TypeError(`A blob as a body has stream() or arrayBuffer(), got ${describe(value)}`);
}

const tagOf = (value) => Object.prototype.toString.call(value);

const newBoundary = () =>
  `----miniflare-rs-${Math.floor(Math.random() * BOUNDARIES)
    .toString()
    .padStart(13, "0")}`;
const formType = (boundary) => `multipart/form-data; boundary=${boundary}`;

const partHead = (boundary, name) =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(newlines(String(name)))}"`;
const textPart = (boundary, name, value) => `${partHead(boundary, name)}\r\n\r\n${newlines(value)}\r\n`;
const filePart = (boundary, name, { name: file = "blob", type }) =>
  `${partHead(boundary, name)}; filename="${escaped(String(file))}"\r\nContent-Type: ${type || FILE_TYPE}\r\n\r\n`;

const newlines = (text) => text.replace(/\r\n?|\n/g, "\r\n");
const ESCAPES = { "\n": "%0A", "\r": "%0D", '"': "%22" };
const escaped = (text) => text.replace(/[\n\r"]/g, (character) => ESCAPES[character]);

export { streamOfForeign, textOfForm };
