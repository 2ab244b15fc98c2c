// The door of the room of Durable Objects (`room.js`): it is loaded once there are bindings of them, or someone asks for one.

import { DURABLE_OBJECTS, load } from "ext:miniflare/worker/lazy.js";

const room = () => load(DURABLE_OBJECTS);

export function bindClasses(bindings, exported, alarms) {
  if (bindings.length > 0) room().bindClasses(bindings, exported, alarms);
}

export const namespaces = (names, flags) => (names.length > 0 ? room().namespaces(names, flags) : []);

export const fetchObject = (...args) => room().fetchObject(...args);

const OUTSIDE = [
  "objectStorage",
  "objectIds",
  "evictObject",
  "evictObjects",
  "runWithObject",
  "stateForGuest",
  "flushAlarms",
];

export const outside = Object.fromEntries(OUTSIDE.map((name) => [name, (...args) => room().outside[name](...args)]));
