"use strict";
// Node's fetch classes. Node loads them when the first of them is touched, which takes longer than a worker takes to
// start, and few suites ever touch one: so nothing here does before somebody needs what only Node's class can answer.
//
// They are found by what is global while this package is loaded. A test may put others in their place at any time, this
// package's own among them.

const { describe } = require("./errors.js");

const NAMES = ["Headers", "Request", "Response", "FormData"];

/** What a class of this package, or of another copy of it, says of the class of Node's that it extends. */
const NODES = Symbol.for("miniflare-rs.nodes");

const atLoad = new Map(NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));

/** Node's own classes. */
const web = {};
for (const name of NAMES) {
  Object.defineProperty(web, name, { get: () => keep(name), configurable: true, enumerable: true });
}

function keep(name) {
  const found = read(name);
  const value = typeof found === "function" ? (found[NODES] ?? found) : found;
  if (typeof value !== "function") throw new TypeError(`Node's ${name} is missing: it is ${describe(value)}`);
  Object.defineProperty(web, name, { value });
  return value;
}

function read(name) {
  const found = atLoad.get(name);
  if (found?.get === undefined) return found?.value;
  const now = Object.getOwnPropertyDescriptor(globalThis, name);
  const value = found.get.call(globalThis);
  // Node's accessor puts its value in the place of whatever is there by now.
  if (now === undefined) delete globalThis[name];
  else if (now.get !== found.get) Object.defineProperty(globalThis, name, now);
  return value;
}

/** A class by its global name: Node's own, where this package has one that a test may put in its place. */
const classNamed = (name) => (atLoad.has(name) ? web[name] : globalThis[name]);

/**
 * Makes a class of ours extend Node's of this name, without loading that one. Stand-ins are in its place, and in its
 * prototype's, until something is asked of one; then Node's own are, for good.
 */
function extendLater(Class, name) {
  const load = () => {
    const Parent = web[name];
    Object.setPrototypeOf(Class, Parent);
    Object.setPrototypeOf(Class.prototype, Parent.prototype);
    return Parent;
  };
  Object.defineProperty(Class, NODES, { get: () => web[name] });
  const loadPrototype = () => load().prototype;
  Object.setPrototypeOf(Class, standIn(Nothing, load));
  Object.setPrototypeOf(Class.prototype, standIn({}, loadPrototype));
}

// What stands behind a proxy that is constructed.
function Nothing() {}

// Promises ask every object that they resolve to for its `then`; none of Node's classes has one.
function standIn(target, load) {
  return new Proxy(target, {
    construct: (_, args, newTarget) => Reflect.construct(load(), args, newTarget),
    get: (_, key, receiver) => (key === "then" ? undefined : Reflect.get(load(), key, receiver)),
    getPrototypeOf: load,
    has: (_, key) => Reflect.has(load(), key),
    set: (_, key, value, receiver) => Reflect.set(load(), key, value, receiver),
  });
}

module.exports = { classNamed, extendLater, web };
