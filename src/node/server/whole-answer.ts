// A short answer that is there at once, as the text that Node would send for it: what a worker answers with again and again is
// made once.

import { STATUS_CODES } from "node:http";
import { isInMemory } from "../../web/node/node-streams.ts";
import { isBodiless, latin1Text, readHead, SWITCHING_PROTOCOLS } from "./outgoing.ts";
import type { OutgoingParts } from "./outgoing.ts";

/** What is always the same of a response with these headers. */
interface KnownHead {
  /** A line each. */
  lines: string;
  isPage: boolean;
}

// A worker answers with the same few sets of headers over and over.
const knownHeads = new Map<string, KnownHead | undefined>();
const MOST_HEADS = 256;
const LONGEST_HEAD = 1024;
/** What Node refuses in a head, beyond what a worker's `Headers` refuse: other control characters. */
const UNSENDABLE = /[^\t\n\x20-\x7e\x80-\xff]/;
/** Headers by which Node decides how the connection goes on. */
const DECISIVE = new Set(["connection", "date", "expect"]);

function knownHead(flat: string): KnownHead | undefined {
  if (knownHeads.has(flat)) return knownHeads.get(flat);
  const head = readHead(flat);
  const isPlain =
    head.encoding === "" && !UNSENDABLE.test(flat) && !flat.split("\n").some((name) => DECISIVE.has(name));
  const known = isPlain ? { lines: linesOf(head.fields), isPage: head.type.includes("text/html") } : undefined;
  if (flat.length > LONGEST_HEAD) return known;
  if (knownHeads.size === MOST_HEADS) knownHeads.clear();
  knownHeads.set(flat, known);
  return known;
}

function linesOf(fields: string[]): string {
  let lines = "";
  for (let index = 0; index < fields.length; index += 2) lines += `${fields[index]}: ${fields[index + 1]}\r\n`;
  return lines;
}

/**
 * The text that Node would send for a response to a GET request, to be sent in Latin-1; undefined if it is not known from its
 * parts alone, or is long.
 * @param append text to add after the body of an HTML page
 * @param keepAlive the end of the head: the lines on the connection, and an empty line
 */
export function wholeAnswer(
  { status, statusText, headers, body }: Omit<OutgoingParts, "encodeBody">,
  append: string | undefined,
  keepAlive: string,
): string | undefined {
  if (status <= SWITCHING_PROTOCOLS || isBodiless(status) || statusText !== "") return undefined;
  const text = isInMemory(body) ? latin1Text(body ?? "") : undefined;
  if (text === undefined) return undefined;
  const head = knownHead(headers);
  if (head === undefined || (append !== undefined && head.isPage)) return undefined;
  const phrase = STATUS_CODES[status] ?? "unknown";
  return `HTTP/1.1 ${status} ${phrase}\r\n${head.lines}content-length: ${text.length}\r\n${dateLine()}${keepAlive}${text}`;
}

const SECOND = 1000;
let dated = 0;
let line = "";

/** The header `Date`, which changes once a second. */
function dateLine(): string {
  const second = Math.floor(Date.now() / SECOND);
  if (second !== dated) {
    dated = second;
    line = `Date: ${new Date(second * SECOND).toUTCString()}\r\n`;
  }
  return line;
}
