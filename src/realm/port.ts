// The worker's way to Node: its numbers, and the membrane's functions, which it is given when the realm is complete. What
// imports this needs to know nothing of the membrane.

import { op_host } from "ext:core/ops";
import type { WireValue } from "../wire.ts";

/** What the two realms say to each other by numbers and tags. */
export {
  ALARM,
  ALARM_TIME,
  ANSWER,
  BODY,
  CALL,
  CLONE,
  HOST,
  LIMIT,
  MESSAGE_TYPE,
  MOCKED,
  PACKED,
  STORE_ERROR,
  TARGET,
} from "ext:miniflare/protocol.ts";

/** Calls Node's half, on the same stack. */
export const host = (call: number, ...args: WireValue[]) => op_host(call, args);

/** What rooms use of the membrane, which is above this room. */
interface Membrane {
  encode(this: void, value: unknown): WireValue;
  encodeThrown(value: unknown): WireValue;
  decode(this: void, wire: WireValue): unknown;
  serve(call: number, args: WireValue[]): WireValue;
  number(object: object): number;
}

/** What crosses for a value, and the value of what crossed. */
export type Encode = (value: unknown) => WireValue;
export type Decode = (wire: WireValue) => unknown;

let membrane: Membrane;

/** Gives this module the membrane, of `createMembrane`. */
export function connectPort(given: Membrane) {
  membrane = given;
}

/** What crosses for a value. */
export const encode: Encode = (value) => membrane.encode(value);
/** Of what was thrown, or a promise rejected with: something that Node can read, whatever it is. */
export const encodeThrown: Encode = (value) => membrane.encodeThrown(value);
/** The value of what crossed. */
export const decode: Decode = (wire) => membrane.decode(wire);
/** Answers a call of Node's half. */
export const serve = (call: number, args: WireValue[]) => membrane.serve(call, args);
/** Makes an object cross as itself from now on, even when it is nothing but data. Returns its number. */
export const live = (object: object) => membrane.number(object);
