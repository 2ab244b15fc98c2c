// The flat form of headers that are written plainly, without constructing Node's Headers for it.

import { web } from "./fetch-classes.ts";
import { textOfHeaders } from "../../web/header-text.ts";

type Pair = [name: string, value: string];

/** What names of headers are made of. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/**
 * Flat, in the order Node iterates headers in, with `contentType` (or null) if they name none. Null when it takes
 * Node's Headers to say what they are: names twice, values to be trimmed or converted, anything invalid.
 */
function plainHeaders(headers: unknown, contentType: string | null): string | null {
  if (headers === undefined) return contentType === null ? "" : `content-type\n${contentType}`;
  const pairs = pairsOf(headers);
  if (pairs === null) return null;
  if (contentType !== null && !pairs.some(isContentType)) pairs.push(["content-type", contentType]);
  if (pairs.length > 1) pairs.sort(byName);
  return hasTwice(pairs) && !(headers instanceof web.Headers) ? null : textOfHeaders(pairs);
}

function pairsOf(headers: unknown): Pair[] | null {
  if (Array.isArray(headers)) return validPairs(headers);
  if (typeof headers !== "object" || headers === null) return null;
  if (Object.getPrototypeOf(headers) === Object.prototype) return recordPairs(headers as Record<PropertyKey, unknown>);
  return headers instanceof web.Headers ? [...headers] : null;
}

function recordPairs(record: Record<PropertyKey, unknown>): Pair[] | null {
  if (Symbol.iterator in record) return null;
  return validPairs(Reflect.ownKeys(record).map((name) => [name, record[name]]));
}

function validPairs(pairs: unknown[]): Pair[] | null {
  const valid: Pair[] = [];
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return null;
    const name = pair[0];
    const value = pair[1];
    if (typeof name !== "string" || typeof value !== "string" || !NAME.test(name) || !VALUE.test(value)) return null;
    valid.push([name.toLowerCase(), value]);
  }
  return valid;
}

function isContentType(pair: Pair): boolean {
  return pair[0] === "content-type";
}

function byName(a: Pair, b: Pair): number {
  return a[0] < b[0] ? -1 : Number(a[0] > b[0]);
}

function hasTwice(sorted: Pair[]): boolean {
  return sorted.some((pair, i) => i > 0 && pair[0] === sorted[i - 1][0]);
}

export { NAME, plainHeaders };
