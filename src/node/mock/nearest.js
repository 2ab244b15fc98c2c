"use strict";
// What an error says of a request that no interceptor takes: which of them came nearest, and what differed. The message
// stays undici's, word for word; the help stands in the stack, in the place of frames that would all be ours, and as
// `error.nearest`.

const { types } = require("node:util");
const { stagesPassed } = require("./matching.js");

/** Interceptors that are told of, and that are looked at to find them. */
const MOST_TOLD = 3;
const MOST_COMPARED = 2000;

/** Adds the interceptors that came nearest to an error: `{ interceptor, differences }` each. */
function tellNearest(error, request, pools) {
  const nearest = nearestTo(request, pools);
  if (nearest.length === 0) return error;
  const lines = nearest.map(({ interceptor, differences }) => `  ${interceptor}: ${differences.join("; ")}`);
  hide(error, "stack", `${error.name}: ${error.message}\nNearest interceptors:\n${lines.join("\n")}`);
  hide(error, "nearest", nearest);
  return error;
}

function hide(error, key, value) {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

/** @param pools `{ origin, interceptors }`, the request's own first */
function nearestTo(request, pools) {
  const compared = [];
  for (const { origin, interceptors } of pools) {
    for (const one of [...interceptors.used, ...interceptors]) {
      if (compared.length === MOST_COMPARED) break;
      compared.push(compare(one, origin, request));
    }
  }
  compared.sort((a, b) => a.distance - b.distance);
  return compared.slice(0, MOST_TOLD).map(({ interceptor, differences }) => ({ interceptor, differences }));
}

function compare({ state }, origin, request) {
  const differences = [];
  let distance = 0;
  const differs = (weight, text) => {
    distance += weight;
    differences.push(text);
  };
  if (!accepts(origin, request.origin)) differs(4, `the origin is ${request.origin}`);
  if (!accepts(state.path, pathFor(state, request)))
    differs(pathDistance(state, request), `the path is '${request.path}'`);
  if (!accepts(state.method, request.method)) differs(1, `the method is '${request.method}'`);
  compareBody(state, request, differs);
  compareHeaders(state, request, differs);
  if (state.consumed) differs(0.5, usedUp(state));
  if (differences.length === 0) differs(0, "a function that it matches with did not return true");
  return { interceptor: `${shown(state.method)} ${target(origin, state.path)}`, differences, distance };
}

const pathFor = (state, request) => (typeof state.path === "string" ? request.path : request.sortedPath);

/** Whether a text passes a matcher. Functions are not asked again: whatever they look at may have changed. */
function accepts(match, value) {
  if (typeof match === "function") return true;
  if (types.isRegExp(match)) return new RegExp(match.source, match.flags).test(value);
  return match === value;
}

/** From above 0 to 3, the less the more of both ends of the paths is the same. */
function pathDistance({ path }, request) {
  if (typeof path !== "string") return 3;
  const other = request.path;
  const shorter = Math.min(path.length, other.length);
  let start = 0;
  while (start < shorter && path[start] === other[start]) start++;
  let end = 0;
  while (end < shorter - start && path.at(-1 - end) === other.at(-1 - end)) end++;
  return 0.1 + 2.9 * (1 - (start + end) / Math.max(path.length, other.length));
}

function compareBody({ body }, request, differs) {
  if (body === undefined || typeof body === "function") return;
  const actual = request.call().body;
  if (actual === undefined) return differs(1, "the body was not read");
  if (stagesPassed({ path: "", method: request.method, body }, request) < 3) {
    differs(1, `the body is ${actual === null ? "empty" : `'${excerpt(actual)}'`}, expected ${shownBody(body)}`);
  }
}

function compareHeaders({ headers }, request, differs) {
  if (headers === undefined || typeof headers === "function") return;
  for (const [name, match] of Object.entries(headers)) {
    const value = request.lowerCaseHeaders[name.toLowerCase()];
    if (accepts(match, value)) continue;
    const actual = value === undefined ? "is missing" : `is '${value}'`;
    differs(1, `the header "${name}" ${actual}, expected ${shown(match, "'")}`);
  }
}

function usedUp({ times }) {
  const requests = times === 1 ? "1 request" : `${times} requests`;
  return `it was used up after ${requests}; persist() or times(n) makes it last`;
}

function shown(match, quote = "") {
  if (typeof match === "function") return "(a function)";
  return types.isRegExp(match) ? String(match) : quote + match + quote;
}

function target(origin, path) {
  const isUrl = typeof origin === "string" && typeof path === "string";
  return shown(origin) + (isUrl ? "" : " ") + shown(path);
}

function shownBody(body) {
  if (body === null) return "none";
  if (body instanceof Uint8Array) return `${body.length} bytes`;
  return typeof body === "object" && !types.isRegExp(body) ? JSON.stringify(body) : shown(body, "'");
}

function excerpt(body) {
  const text = typeof body === "string" ? body : Buffer.from(body).toString();
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

module.exports = { tellNearest };
