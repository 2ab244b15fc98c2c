// What of an interceptor is data, which the addon matches (`src/mock/`): as it was when `intercept()` was called. The rest
// is asked here: functions, RegExps that are not only what they say they are, and objects beyond JSON.

import { isDeepStrictEqual, types } from "node:util";
import type { WireValue } from "../../node/binding/raw.d.ts";
import { sortQuery } from "./matching.ts";
import type { BodyMatcher, HeaderMatchers, MatchKey } from "./matching.ts";

/** Of what only JavaScript can be asked. */
const ASK = undefined;
const ANY = true;

/** `[path, method, body, headers]` as `src/mock/interceptor.rs` reads them. */
function dataOf({ path, method, body, headers }: MatchKey): WireValue[] {
  return [matcherData(sortQuery(path)), matcherData(method), bodyData(body), headerData(headers)];
}

function matcherData(match: unknown): WireValue {
  if (typeof match === "string") return match;
  return isPlain(match) ? [match.source, match.flags] : ASK;
}

function bodyData(body: BodyMatcher | undefined): WireValue {
  if (body === undefined) return ANY;
  if (body === null || body instanceof Uint8Array) return body;
  if (typeof body !== "object" || types.isRegExp(body)) return matcherData(body);
  const json = jsonOf(body);
  return json === undefined ? ASK : [json];
}

function headerData(headers: HeaderMatchers | undefined): WireValue {
  if (headers === undefined) return [];
  if (typeof headers === "function") return ASK;
  return Object.entries(headers).flatMap(([name, match]) => [name, matcherData(match)]);
}

/** Whether what `test()` says of a text follows from source and flags: no class, property or patch has a part in it. */
function isPlain(match: unknown): match is RegExp {
  if (!types.isRegExp(match) || Reflect.ownKeys(match).length !== 1) return false;
  const prototype = Object.getPrototypeOf(match);
  const parent = prototype && Object.getPrototypeOf(prototype);
  if (!parent || Object.getPrototypeOf(parent) !== null) return false;
  return isNative(prototype.exec, "exec") && isNative(prototype.test, "test");
}

const textOfFunction = Function.prototype.toString;
const isNative = (method: unknown, name: string) =>
  typeof method === "function" && textOfFunction.call(method) === `function ${name}() { [native code] }`;

/** The JSON of a value that is nothing but it; undefined for others. */
function jsonOf(value: unknown): string | undefined {
  try {
    const text = JSON.stringify(value);
    return isDeepStrictEqual(JSON.parse(text), value) ? text : undefined;
  } catch {
    return undefined;
  }
}

export { dataOf, jsonOf };
