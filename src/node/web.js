"use strict";
// Node's fetch classes. Node loads them when the first of them is touched, which takes longer than a worker takes to
// start, and few suites ever touch one: so nothing here does before somebody needs what only Node's class can answer.

const { describe } = require("./errors.js");

/** Our classes that extend Node's, by name. */
const ours = new Map();

const NAMES = ["Headers", "Request", "Response"];
/** The properties of the global object that had Node's classes, where others are about to take their places. */
const places = new Map();

/** Node's own classes. */
const web = {};
for (const name of NAMES) {
  Object.defineProperty(web, name, { get: () => keep(name), configurable: true, enumerable: true });
}

function keep(name) {
  const value = nodes(name);
  check(name, value, ours.get(name));
  Object.defineProperty(web, name, { value });
  return value;
}

/** Remembers where Node's classes are, before others become global in their places. */
function keepPlaces() {
  for (const name of NAMES) {
    const place = Object.getOwnPropertyDescriptor(globalThis, name);
    if (!places.has(name) && place !== undefined) places.set(name, place);
  }
}

function nodes(name) {
  const place = places.get(name);
  if (place === undefined) return globalThis[name];
  if (place.get === undefined) return place.value;
  const now = Object.getOwnPropertyDescriptor(globalThis, name);
  const value = place.get.call(globalThis);
  // What loads a class when it is looked at puts the class in its own place, where another is by now.
  if (now !== undefined) Object.defineProperty(globalThis, name, now);
  return value;
}

// Asking a class of ours would ask Node's, which is what is being looked for.
const inherits = (object, prototype) => Object.prototype.isPrototypeOf.call(prototype, object);

function check(name, value, Ours) {
  const problem = (text) => new TypeError(`Node's ${name} is missing: ${text}`);
  if (typeof value !== "function") throw problem(`globalThis.${name} is ${describe(value)}`);
  const isOurs = Ours !== undefined && (value === Ours || inherits(value.prototype, Ours.prototype));
  if (isOurs) throw problem(`read globalThis.${name} once before you put another in its place`);
}

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
  ours.set(name, Class);
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

module.exports = { extendLater, keepPlaces, web };
