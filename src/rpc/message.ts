// What crosses between realms for a call or its result: data, which is copied, and beside it what does not cross within data.

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

/** The row of both realms. Data and holders are one value, so that a holder stays the same object. */
export const messageKind: Kind<Message, Parts> = {
  kind: "rpc",
  is: (value: object) => value instanceof Message,
  encode({ data, holders, extras }: Message, { encode }: Membrane) {
    return [encode(holders.length === 0 ? data : [data, ...holders]), ...extras.map(encode)];
  },
  decode([wire, ...extras]: Parts, { decode }: Membrane) {
    if (extras.length === 0) return new Message(decode(wire), [], []);
    const [data, ...holders] = decode(wire) as [unknown, ...object[]];
    return new Message(data, holders, extras.map(decode));
  },
};
