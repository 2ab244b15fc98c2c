// `node:stream/consumers`: the whole of what a stream gives.

import { Buffer } from "node:buffer";
import { nodeError } from "./errors.ts";

type Source = AsyncIterable<string | Uint8Array<ArrayBuffer>>;

/** @throws {TypeError} for a stream of the web that another reader has */
function check(source: Source) {
  if (!(source instanceof ReadableStream) || !source.locked) return;
  throw nodeError(TypeError, "ERR_INVALID_STATE", "Invalid state: ReadableStream is locked");
}

async function buffer(source: Source): Promise<Buffer> {
  check(source);
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
}

async function text(source: Source): Promise<string> {
  check(source);
  const decoder = new TextDecoder();
  let whole = "";
  for await (const chunk of source)
    whole += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  return whole + decoder.decode();
}

async function arrayBuffer(source: Source): Promise<ArrayBuffer> {
  const bytes = await buffer(source);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

async function blob(source: Source): Promise<Blob> {
  check(source);
  const chunks: (string | Uint8Array<ArrayBuffer>)[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return new Blob(chunks);
}

const bytes = async (source: Source) => new Uint8Array(await arrayBuffer(source));
const json = async (source: Source): Promise<unknown> => JSON.parse(await text(source));

export default { arrayBuffer, blob, buffer, bytes, json, text };
