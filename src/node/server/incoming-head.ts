// The head of a request in one pass over the lines that Node has read: Node's own object of headers costs several times as
// much, and is made only when names repeat.

import type { IncomingMessage } from "node:http";
import type { RequestMeta } from "../../../index.d.ts";

/** What the head of a request says. */
export interface IncomingHead {
  /** The headers that go on to the worker, flat: see `src/web/header-text.ts`. */
  flat: string;
  /** The names of `ADDED`, and `RAY`, that are among them. */
  has: Set<string> | undefined;
  host: string | undefined;
  acceptEncoding: string | undefined;
  /** Whether a body follows. */
  hasBody: boolean;
  /** Whether the client expects something before it goes on, as 100 (Continue). */
  expects: boolean;
  /** The headers that the worker is given but for the ray, once they are made, and what they depend on. */
  made?: { text: string; host: string; meta: RequestMeta };
}

/** Headers that Cloudflare's network adds unless the client has sent them. */
export const ADDED = ["x-forwarded-proto", "x-real-ip", "cf-connecting-ip", "cf-ipcountry", "cf-visitor"];
/** Another one, which is different each time. */
export const RAY = "cf-ray";
const IS_ADDED = new Set([...ADDED, RAY]);
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
export const readHead = (req: IncomingMessage): IncomingHead =>
  readLines(req.rawHeaders) ?? scan(...joined(req.headers));

/** Reads the names and values of a head, in turn; undefined if a name repeats. */
export function readLines(lines: string[]): IncomingHead | undefined {
  const names: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    const name = lowerCase(lines[index] as string);
    // What repeats is joined, or left out, by rules that Node knows.
    if (names.includes(name)) return undefined;
    names.push(name);
  }
  return scan(names, lines);
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

/** The heads of one client, which sends the same lines with each request, as a rule. */
export class Heads {
  #lines: string[] = [];
  #head: IncomingHead | undefined;

  /** As `readLines`; the head that came last is used again if the next one equals it. */
  read(lines: string[]): IncomingHead | undefined {
    if (!isSame(lines, this.#lines)) {
      this.#lines = lines;
      this.#head = readLines(lines);
    }
    return this.#head;
  }
}

function isSame(some: string[], others: string[]): boolean {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

function scan(names: string[], lines: string[]): IncomingHead {
  const head: IncomingHead = {
    flat: "",
    has: undefined,
    host: undefined,
    acceptEncoding: undefined,
    hasBody: false,
    expects: false,
  };
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
        break;
      case "expect":
        head.expects = true;
    }
    if (DROPPED.has(name)) continue;
    if (IS_ADDED.has(name)) (head.has ??= new Set()).add(name);
    head.flat += `${name}\n${value}\n`;
  }
  return head;
}
