// What crosses between realms for a call or its result: data, which is copied, and beside it what does not cross within data.

import { TAG } from "../protocol.ts";
import type { Kind } from "../membrane/kinds.ts";
import type { Membrane } from "../membrane/membrane.ts";
import type { WireValue } from "../wire.ts";

/** The arguments or the result of a call. */
export class Message {
  data: unknown;
  /** Empty objects within `data`, each of which stands for one of `extras`. */
  holders: object[];
  /** Functions (`Capability`), and objects of kinds that become the other realm's own. */
  extras: unknown[];

  constructor(data: unknown, holders: object[], extras: unknown[]) {
    this.data = data;
    this.holders = holders;
    this.extras = extras;
  }
}

type Parts = [data: WireValue, ...extras: WireValue[]];

const { BYTES, CLONE, LIST, RECORD } = TAG;

/** What crosses of a message. Data and holders are one value, so that a holder stays the same object. */
export function encodeMessage({ data, holders, extras }: Message, encode: Membrane["encode"]): Parts {
  if (holders.length > 0) return [encode([data, ...holders]), ...extras.map(encode)];
  return [isListOfPrimitives(data) ? [LIST, ...data] : encode(data)];
}

export function decodeMessage([wire, ...extras]: WireValue[], decode: Membrane["decode"]): Message {
  if (extras.length === 0) return new Message(decode(wire), [], []);
  const [data, ...holders] = decode(wire) as [unknown, ...object[]];
  return new Message(data, holders, extras.map(decode));
}

/** Whether what crosses is the same in each realm. */
export const isPlainWire = (wire: WireValue): boolean =>
  !Array.isArray(wire) || wire[0] === LIST || wire[0] === RECORD || wire[0] === CLONE || wire[0] === BYTES;

/** The arguments of most calls, for which there is nothing to find out. */
function isListOfPrimitives(data: unknown): data is WireValue[] {
  if (!Array.isArray(data)) return false;
  for (let index = 0; index < data.length; index++) {
    const item: unknown = data[index];
    if ((typeof item === "object" && item !== null) || typeof item === "function") return false;
  }
  return true;
}

/** The row of both realms. */
export const messageKind: Kind<Message, Parts> = {
  kind: "rpc",
  is: (value: object) => value instanceof Message,
  encode: (message: Message, { encode }: Membrane) => encodeMessage(message, encode),
  decode: (parts: Parts, { decode }: Membrane) => decodeMessage(parts, decode),
};
