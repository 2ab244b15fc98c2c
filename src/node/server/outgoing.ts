// A worker's response on its way to the client of Node's HTTP server: status line, and headers with the length that the body
// really has. What is in memory leaves at once; streams and content encodings are for `outgoing-stream.ts`.

import { isInMemory } from "../../web/node/node-streams.ts";
import type { BodyContent } from "../http/http-body.ts";
import type { ServerResponse } from "node:http";

/** The parts of a response, as `splitResponse` gives them. */
export interface OutgoingParts {
  status: number;
  statusText: string;
  /** Flat, see `src/web/header-text.ts`. */
  headers: string;
  body: BodyContent;
  encodeBody: "automatic" | "manual";
}

export interface OutgoingSettings {
  /** Text to add after the body of an HTML page. */
  append: string | undefined;
  warn(text: string): void;
}

/** What is in a response's headers for the server to know. */
export interface Head {
  /** Names and values in turn, as `writeHead` takes them. */
  fields: string[];
  /** What the worker said of the length, if it is a number. */
  length: number | undefined;
  type: string;
  encoding: string;
}

export const SWITCHING_PROTOCOLS = 101;
const NOT_ASKED =
  'Worker tried to return a WebSocket in a response to a request which did not contain the header "Upgrade: websocket".';
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
/** Headers that Node's server writes itself, or that announce what it never sends. */
const OF_CONNECTION = new Set(["transfer-encoding", "keep-alive", "trailer", "upgrade"]);

/** Statuses whose responses end with their head. */
export const isBodiless = (status: number) => status === NO_CONTENT || status === NOT_MODIFIED;

/**
 * Sends a response; a promise when that takes longer than this call. It resolves when the client has it, or is gone.
 * @throws what the worker's stream failed with; the connection is closed then
 */
export function sendResponse(
  res: ServerResponse,
  parts: OutgoingParts,
  settings: OutgoingSettings,
): Promise<void> | undefined {
  if (parts.status === SWITCHING_PROTOCOLS) throw new TypeError(NOT_ASKED);
  if (parts.status < SWITCHING_PROTOCOLS) throw new RangeError(`A server cannot answer with status ${parts.status}.`);
  const head = readHead(parts.headers);
  const isAutomatic = parts.encodeBody === "automatic";
  const append = isAutomatic && head.type.includes("text/html") ? settings.append : undefined;
  const { body } = parts;
  if (isInMemory(body) && (head.encoding === "" || !isAutomatic))
    return void sendWhole(res, parts, head, withText(body, append));
  // Loaded for the first stream.
  const { sendStream } = require("./outgoing-stream.ts") as typeof import("./outgoing-stream.ts");
  return sendStream(res, parts, head, append, settings.warn);
}

/** Reads the headers of a worker's response, in the order in which they are sent. */
export function readHead(flat: string): Head {
  const head: Head = { fields: [], length: undefined, type: "", encoding: "" };
  if (flat === "") return head;
  const parts = flat.split("\n");
  if (parts.length > 2) sortByName(parts);
  for (let index = 0; index < parts.length; index += 2) {
    const name = parts[index] as string;
    const value = parts[index + 1] as string;
    if (name === "content-length") {
      if (/^\d+$/.test(value)) head.length = Number(value);
      continue;
    }
    if (OF_CONNECTION.has(name)) continue;
    if (name === "content-type") head.type = value.toLowerCase();
    if (name === "content-encoding") head.encoding = head.encoding === "" ? value : `${head.encoding},${value}`;
    head.fields.push(name, value);
  }
  return head;
}

/** In the order that a `Headers` is iterated in; those of one name stay as they are. */
function sortByName(parts: string[]): void {
  for (let end = 2; end < parts.length; end += 2) {
    const name = parts[end] as string;
    const value = parts[end + 1] as string;
    let at = end;
    for (; at > 0 && (parts[at - 2] as string) > name; at -= 2) {
      parts[at] = parts[at - 2] as string;
      parts[at + 1] = parts[at - 1] as string;
    }
    parts[at] = name;
    parts[at + 1] = value;
  }
}

function withText(body: string | Uint8Array | null, text: string | undefined): string | Uint8Array | null {
  if (body === null || text === undefined) return body;
  return typeof body === "string" ? body + text : Buffer.concat([body, Buffer.from(text)]);
}

const lengthOf = (body: string | Uint8Array) => (typeof body === "string" ? Buffer.byteLength(body) : body.byteLength);

function sendWhole(res: ServerResponse, parts: OutgoingParts, head: Head, body: string | Uint8Array | null): void {
  if (isBodiless(parts.status)) {
    writeHead(res, parts, head, undefined);
    return void res.end();
  }
  const isHead = res.req.method === "HEAD";
  // A response to HEAD may say how long its body would be.
  const said = isHead ? head.length : undefined;
  writeHead(res, parts, head, body === null ? (said ?? 0) : lengthOf(body));
  if (isHead || body === null) res.end();
  else res.end(latin1Text(body) ?? bytesOf(body), "latin1");
}

const bytesOf = (body: string | Uint8Array) => (typeof body === "string" ? Buffer.from(body) : body);

const MAX_JOINED = 16_384;

/**
 * A body as a text to be sent in Latin-1, as heads are; undefined if it is long. Node sends a text together with the head, bytes
 * in a second write, which costs more than to make a text of them.
 */
export function latin1Text(body: string | Uint8Array): string | undefined {
  if (body.length > MAX_JOINED) return undefined;
  if (typeof body !== "string") return latin1Of(body);
  return Buffer.byteLength(body) === body.length ? body : latin1Of(Buffer.from(body));
}

const latin1Of = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("latin1");

export function writeHead(
  res: ServerResponse,
  { status, statusText }: OutgoingParts,
  head: Head,
  length: number | undefined,
): void {
  const { fields } = head;
  if (length !== undefined) fields.push("content-length", String(length));
  if (statusText === "") res.writeHead(status, fields);
  else res.writeHead(status, statusText, fields);
}
