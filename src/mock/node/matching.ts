// Whether a request is the one an interceptor waits for: its path, then its method, body and headers. A matcher is a
// value, a RegExp or a function. Functions may be async: what asks one gets a promise then, and a value otherwise.

import { isDeepStrictEqual, types } from "node:util";
import type { MockMatcher } from "../../../index.d.ts";
import type { Interceptor } from "./interceptor.ts";
import type { Interceptors } from "./interceptors.ts";
import type { Content, MockRequest } from "./mock-request.ts";

/** A value that is there, or that is waited for. */
export type Awaitable<Value> = Value | Promise<Value>;

/** A value that is compared as JSON. */
export type JsonBody = { readonly [key: string]: unknown } | readonly unknown[];

export type BodyMatcher = MockMatcher<unknown> | Uint8Array | JsonBody | null;

/** By the names of headers, or a function of them all. */
export type HeaderMatchers = Record<string, MockMatcher> | ((headers: Record<string, string>) => Awaitable<boolean>);

/** What an interceptor matches requests by. */
export interface MatchKey {
  path: MockMatcher;
  method: MockMatcher;
  body?: BodyMatcher;
  headers?: HeaderMatchers | undefined;
}

/**
 * What the addon finds for a request: the number of the interceptor that takes it, or how many stages the nearest let it
 * pass, the one that certainly takes it, the number behind the last that was looked at, and those that are to be asked.
 */
export type Found = number | [furthest: number, certain: number | null, end: number, ...asked: number[]];

const STAGES = ["path", "method", "body", "headers"] as const;
const ALL = STAGES.length;

/** The value that `next` makes of `value`, now or when it is there. */
function chain<Value, Result>(value: Awaitable<Value>, next: (value: Value) => Awaitable<Result>): Awaitable<Result> {
  return isPromise(value) ? value.then(next) : next(value);
}

function isPromise<Value>(value: Awaitable<Value>): value is Promise<Value> {
  return types.isPromise(value);
}

/** RegExps take any value, and look at its text. */
const passes = (match: { test(value: unknown): boolean }, value: unknown): boolean => match.test(value);

function matchValue<Value>(match: MockMatcher<Value>, value: Value): Awaitable<boolean> {
  if (typeof match === "string") return match === value;
  if (types.isRegExp(match)) return passes(match, value);
  if (typeof match === "function") return chain(match(value), (result) => result === true);
  return false;
}

/** A path whose query, if it has one, is in order. */
function sortQuery<Path>(path: Path | string): Path | string {
  if (typeof path !== "string") return path;
  const parts = path.split("?");
  if (parts.length !== 2) return path;
  const query = new URLSearchParams(parts[1]);
  query.sort();
  return `${parts[0]}?${query}`;
}

function lowerCaseNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Bodies match as the values that callbacks get; those of bytes match as text, too. */
function matchBody(match: BodyMatcher, request: MockRequest): Awaitable<boolean> {
  if (match === null) return request.hasBody() === false;
  if (typeof match === "function") return chain(request.body(), (body) => matchValue(match, body));
  return chain(request.bytes(), (bytes) => matchContent(match, bytes));
}

function matchContent(match: string | RegExp | Uint8Array | JsonBody, content: Content | null): Awaitable<boolean> {
  if (content === null) return types.isRegExp(match) && passes(match, content);
  if (match instanceof Uint8Array) return Buffer.from(content).equals(match);
  const text = typeof content === "string" ? content : Buffer.from(content).toString();
  return typeof match === "object" && !types.isRegExp(match) ? matchJson(match, text) : matchValue(match, text);
}

function matchJson(match: JsonBody, text: string): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(text), match);
  } catch {
    return false;
  }
}

function matchHeaders(match: HeaderMatchers, request: MockRequest): Awaitable<boolean> {
  if (typeof match === "function") return chain(match({ ...request.lowerCaseHeaders }), Boolean);
  return matchEach(Object.entries(match), request.lowerCaseHeaders);
}

function matchEach(
  entries: [name: string, match: MockMatcher][],
  headers: Record<string, string>,
  from = 0,
): Awaitable<boolean> {
  for (let index = from; index < entries.length; index++) {
    const [name, match] = entries[index];
    const matches = matchValue(match, headers[name.toLowerCase()]);
    if (isPromise(matches)) return matches.then((yes) => yes && matchEach(entries, headers, index + 1));
    if (!matches) return false;
  }
  return true;
}

const MATCHES: ((key: MatchKey, request: MockRequest) => Awaitable<boolean>)[] = [
  // By a path that is a string, the addon has found it.
  ({ path }, request) => typeof path === "string" || matchValue(path, request.sortedPath),
  ({ method }, request) => matchValue(method, request.method),
  ({ body }, request) => body === undefined || matchBody(body, request),
  ({ headers }, request) => headers === undefined || matchHeaders(headers, request),
];

/** How many of the stages a request passes, or a promise of it. */
function stagesPassed(key: MatchKey, request: MockRequest, from = 0): Awaitable<number> {
  for (let stage = from; stage < ALL; stage++) {
    const matches = MATCHES[stage](key, request);
    if (isPromise(matches)) return matches.then((yes) => (yes ? stagesPassed(key, request, stage + 1) : stage));
    if (!matches) return stage;
  }
  return ALL;
}

/**
 * The first of the interceptors that takes a request, or the number of stages that the nearest of them let it pass; a
 * promise of that once a matcher is async.
 * @param found what the addon has found: the number of that first one; or `[furthest, certain, end, ...asked]`: it is one
 *   of those that are to be asked, or the certain one, or stands behind `end`
 */
function search(
  interceptors: Interceptors,
  request: MockRequest,
  found = interceptors.find(request),
  furthest = 0,
): Awaitable<Interceptor | number> {
  // The addon finds none that is not there.
  if (typeof found === "number") return interceptors.at(found) as Interceptor;
  const [passed, certain, end, ...asked] = found;
  const judge = (one: Interceptor | number) => {
    if (typeof one !== "number") return one;
    // While a matcher was waited for, it may have been used up, and others added.
    const taking = certain === null ? undefined : interceptors.at(certain);
    if (taking !== undefined || end >= interceptors.end) return taking ?? one;
    return search(interceptors, request, interceptors.find(request, end), one);
  };
  return chain(ask(interceptors, asked.values(), request, Math.max(furthest, passed)), judge);
}

/** The same of those whose numbers an iterator gives. */
function ask(
  interceptors: Interceptors,
  numbers: Iterator<number>,
  request: MockRequest,
  furthest: number,
): Awaitable<Interceptor | number> {
  for (let next = numbers.next(); !next.done; next = numbers.next()) {
    const one = interceptors.at(next.value);
    if (one === undefined) continue;
    const passed = stagesPassed(one.state, request);
    if (isPromise(passed)) {
      const judge = (stages: number) => {
        if (stages === ALL) return one;
        return ask(interceptors, numbers, request, Math.max(furthest, stages));
      };
      return passed.then(judge);
    }
    if (passed === ALL) return one;
    furthest = Math.max(furthest, passed);
  }
  return furthest;
}

export { chain, isPromise, lowerCaseNames, matchValue, search, sortQuery, STAGES, stagesPassed };
