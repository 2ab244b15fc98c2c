// The head of a request in one pass over the lines that Node has read: Node's own object of headers costs several times as
// much, and is made only when names repeat.

import type { IncomingMessage } from "node:http";

/** What the head of a request says. */
export interface IncomingHead {
  /** The headers that go on to the worker, flat: see `src/web/header-text.ts`. */
  flat: string;
  /** The names of `ADDED` that are among them. */
  has: Set<string> | undefined;
  host: string | undefined;
  acceptEncoding: string | undefined;
  /** Whether a body follows. */
  hasBody: boolean;
}

/** Headers that Cloudflare's network adds unless the client has sent them. */
export const ADDED = ["x-forwarded-proto", "x-real-ip", "cf-connecting-ip", "cf-ipcountry", "cf-ray", "cf-visitor"];
const IS_ADDED = new Set(ADDED);
/** Headers that belong to the connection, not to the request. */
const DROPPED = new Set(["connection", "expect", "keep-alive"]);

/** Names as they were sent, in lower case: clients send the same few. */
const lowered = new Map<string, string>();
const MAX_NAMES = 512;

function lowerCase(name: string): string {
  let lower = lowered.get(name);
  if (lower !== undefined) return lower;
  if (lowered.size === MAX_NAMES) lowered.clear();
  lower = name.toLowerCase();
  lowered.set(name, lower);
  return lower;
}

/** Reads the head of a request. */
export function readHead(req: IncomingMessage): IncomingHead {
  const { rawHeaders } = req;
  const names: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = lowerCase(rawHeaders[index] as string);
    // What repeats is joined, or left out, by rules that Node knows.
    if (names.includes(name)) return scan(...joined(req.headers));
    names.push(name);
  }
  return scan(names, rawHeaders);
}

/** Node's headers as names, and as lines like those that were sent. */
function joined(headers: IncomingMessage["headers"]): [string[], string[]] {
  const names: string[] = [];
  const lines: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value as string]) {
      names.push(name);
      lines.push(name, one);
    }
  }
  return [names, lines];
}

function scan(names: string[], lines: string[]): IncomingHead {
  const head: IncomingHead = { flat: "", has: undefined, host: undefined, acceptEncoding: undefined, hasBody: false };
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    const value = lines[2 * index + 1] as string;
    switch (name) {
      case "host":
        head.host = value;
        continue;
      case "accept-encoding":
        head.acceptEncoding = value;
        continue;
      case "transfer-encoding":
        head.hasBody = true;
        continue;
      case "content-length":
        if (value !== "0") head.hasBody = true;
    }
    if (DROPPED.has(name)) continue;
    if (IS_ADDED.has(name)) (head.has ??= new Set()).add(name);
    head.flat += `${name}\n${value}\n`;
  }
  return head;
}
