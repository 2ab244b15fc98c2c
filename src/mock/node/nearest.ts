// What an error says of a request that no interceptor takes: which of them came nearest, and what differed. The message
// stays undici's, word for word; the help stands in the stack, in the place of frames that would all be ours, and as
// `error.nearest`.

import { types } from "node:util";
import { describe } from "../../node/errors.ts";
import type * as api from "../../../index.d.ts";
import type { MockNotMatchedError } from "./mock-errors.ts";
import { stagesPassed } from "./matching.ts";
import type { BodyMatcher, MatchKey } from "./matching.ts";
import type { Content, MockRequest } from "./mock-request.ts";

/** What a request is compared with: an interceptor, or what a recording replays. */
export interface Compared {
  readonly state: ComparedState;
}

interface ComparedState extends MatchKey {
  times?: number;
  consumed?: boolean;
  recorded?: boolean;
}

/** What an origin, or a pattern of origins, has. */
export interface ComparedPool {
  origin: api.MockMatcher;
  interceptors: Iterable<Compared>;
}

interface Near {
  state: ComparedState;
  origin: api.MockMatcher;
  distance: number;
}

/** Told of a difference, and how much it weighs; of a header's, its name and matcher too. */
type Differs = (weight: number, part: keyof typeof TEXTS, name?: string, match?: api.MockMatcher) => void;

/** Interceptors that are told of, and that are looked at to find them. */
const MOST_TOLD = 3;
const MOST_COMPARED = 2000;

/** Adds the interceptors that came nearest to an error: `{ interceptor, differences }` each. */
function tellNearest(
  error: MockNotMatchedError,
  request: MockRequest,
  pools: readonly ComparedPool[],
): MockNotMatchedError {
  const nearest = nearestTo(request, pools);
  if (nearest.length === 0) return error;
  const lines = nearest.map(({ interceptor, differences }) => `  ${interceptor}: ${differences.join("; ")}`);
  hide(error, "stack", `${error.stack}\nNearest interceptors:\n${lines.join("\n")}`);
  hide(error, "nearest", nearest);
  return error;
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

/** @param pools `{ origin, interceptors }`, the request's own first */
function nearestTo(request: MockRequest, pools: readonly ComparedPool[]): api.NearestInterceptor[] {
  const nearest: Near[] = [];
  let compared = 0;
  for (const { origin, interceptors } of pools) {
    for (const { state } of interceptors) {
      if (compared++ === MOST_COMPARED) break;
      insert(nearest, state, origin, distanceOf(state, origin, request));
    }
  }
  return nearest.map(({ state, origin }) => tell(state, origin, request));
}

/** Keeps the nearest, the first of those that are as near. */
function insert(nearest: Near[], state: ComparedState, origin: api.MockMatcher, distance: number): void {
  let place = nearest.length;
  while (place > 0 && distance < nearest[place - 1].distance) place--;
  if (place === MOST_TOLD) return;
  nearest.splice(place, 0, { state, origin, distance });
  if (nearest.length > MOST_TOLD) nearest.pop();
}

function distanceOf(state: ComparedState, origin: api.MockMatcher, request: MockRequest): number {
  let distance = 0;
  compare(state, origin, request, (weight) => {
    distance += weight;
  });
  return distance;
}

function tell(state: ComparedState, origin: api.MockMatcher, request: MockRequest): api.NearestInterceptor {
  const differences: string[] = [];
  compare(state, origin, request, (_weight, part, name = "", match = "") => {
    differences.push(TEXTS[part](state, request, name, match));
  });
  if (differences.length === 0) differences.push("a function that it matches with did not return true");
  const recorded = state.recorded ? " (recorded)" : "";
  return { interceptor: `${shown(state.method)} ${target(origin, state.path)}${recorded}`, differences };
}

const TEXTS = {
  origin: (_state: ComparedState, { origin }: MockRequest) => `the origin is ${origin}`,
  path: (_state: ComparedState, { path }: MockRequest) => `the path is '${path}'`,
  method: (_state: ComparedState, { method }: MockRequest) => `the method is '${method}'`,
  unread: () => "the body was not read",
  body({ body }: ComparedState, { knownBody }: MockRequest) {
    const actual = knownBody === null || knownBody === undefined ? "empty" : `'${excerpt(knownBody)}'`;
    return `the body is ${actual}, expected ${shownBody(body)}`;
  },
  header(_state: ComparedState, { lowerCaseHeaders }: MockRequest, name: string, match: api.MockMatcher) {
    const value = lowerCaseHeaders[name.toLowerCase()];
    const actual = value === undefined ? "is missing" : `is '${value}'`;
    return `the header "${name}" ${actual}, expected ${shown(match, "'")}`;
  },
  used({ times }: ComparedState) {
    const requests = times === 1 ? "1 request" : `${times} requests`;
    return `it was used up after ${requests}; persist() or times(n) makes it last`;
  },
};

/** Calls `differs` with each part of a request that an interceptor does not take, and how much it weighs. */
function compare(state: ComparedState, origin: api.MockMatcher, request: MockRequest, differs: Differs): void {
  if (!accepts(origin, request.origin)) differs(4, "origin");
  if (!accepts(state.path, pathFor(state, request))) differs(pathDistance(state, request), "path");
  if (!accepts(state.method, request.method)) differs(1, "method");
  if (isComparable(state.body)) compareBody(state.body, request, differs);
  if (isComparable(state.headers)) compareHeaders(state.headers, request, differs);
  if (state.consumed) differs(0.5, "used");
}

/** Whether it is known what a matcher takes. */
function isComparable<Match>(match: Match): match is Exclude<Match, undefined | ((...args: never[]) => unknown)> {
  return match !== undefined && typeof match !== "function";
}

function compareBody(body: BodyMatcher, request: MockRequest, differs: Differs): void {
  if (request.knownBody === undefined) differs(1, "unread");
  else if (Number(stagesPassed({ path: "", method: request.method, body }, request)) < 3) differs(1, "body");
}

function compareHeaders(headers: Record<string, api.MockMatcher>, request: MockRequest, differs: Differs): void {
  for (const [name, match] of Object.entries(headers)) {
    if (!accepts(match, request.lowerCaseHeaders[name.toLowerCase()])) differs(1, "header", name, match);
  }
}

const pathFor = (state: ComparedState, request: MockRequest) =>
  typeof state.path === "string" ? request.path : request.sortedPath;

/** Whether a text passes a matcher. Functions are not asked again: whatever they look at may have changed. */
function accepts(match: api.MockMatcher, value: string): boolean {
  if (typeof match === "string") return match === value;
  if (typeof match === "function") return true;
  if (!types.isRegExp(match)) return false;
  return (remembers(match) ? new RegExp(match.source, match.flags) : match).test(value);
}

const remembers = ({ global, sticky }: RegExp) => global || sticky;

/** From above 0 to 3, the less the more of both ends of the paths is the same. */
function pathDistance({ path }: ComparedState, request: MockRequest): number {
  if (typeof path !== "string") return 3;
  const other = request.path;
  const shorter = Math.min(path.length, other.length);
  let start = 0;
  while (start < shorter && path.charCodeAt(start) === other.charCodeAt(start)) start++;
  let end = 0;
  while (end < shorter - start && fromEnd(path, end) === fromEnd(other, end)) end++;
  return 0.1 + 2.9 * (1 - (start + end) / Math.max(path.length, other.length));
}

const fromEnd = (text: string, index: number) => text.charCodeAt(text.length - 1 - index);

function shown(match: unknown, quote = ""): string {
  if (typeof match === "function") return "(a function)";
  if (typeof match === "string") return quote + match + quote;
  return types.isRegExp(match) ? String(match) : describe(match);
}

function target(origin: api.MockMatcher, path: api.MockMatcher): string {
  const isUrl = typeof origin === "string" && typeof path === "string";
  return shown(origin) + (isUrl ? "" : " ") + shown(path);
}

function shownBody(body: BodyMatcher | undefined): string {
  if (body === null) return "none";
  if (body instanceof Uint8Array) return `${body.length} bytes`;
  return typeof body === "object" && !types.isRegExp(body) ? JSON.stringify(body) : shown(body, "'");
}

function excerpt(body: Content): string {
  const text = typeof body === "string" ? body : Buffer.from(body).toString();
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

export { tellNearest };
