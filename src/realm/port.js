// The worker's way to Node: its numbers, and the membrane's functions, which it is given when the realm is complete. What
// imports this needs to know nothing of the membrane.

import { core } from "ext:core/mod.js";
import { op_host } from "ext:core/ops";

/** What the two realms say to each other by numbers and tags. */
export const { ALARM, ALARM_TIME, ANSWER, BODY, CALL, CLONE, MESSAGE_TYPE, HOST, LIMIT, MOCKED, STORE_ERROR, TARGET } =
  core.loadExtScript("ext:miniflare/protocol.js");

/** Calls Node's half, on the same stack. */
export const host = (call, ...args) => op_host(call, args);

let membrane;

/** Gives this module the membrane, of `createMembrane`. */
export function connectPort(given) {
  membrane = given;
}

/** What crosses for a value. */
export const encode = (value) => membrane.encode(value);
/** Of what was thrown, or a promise rejected with: something that Node can read, whatever it is. */
export const encodeThrown = (value) => membrane.encodeThrown(value);
/** The value of what crossed. */
export const decode = (wire) => membrane.decode(wire);
/** Answers a call of Node's half. */
export const serve = (call, args) => membrane.serve(call, args);
/** Makes an object cross as itself from now on, even when it is nothing but data. Returns its number. */
export const live = (object) => membrane.number(object);
