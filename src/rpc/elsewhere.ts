// Calls of what lives in another worker of the instance, and those that come from one. A call goes out under a number, and Node
// calls back with the answer to that number: what crosses is a message and no promise.

import { Remembered } from "ext:miniflare/rpc/keys.ts";
import { decodeMessage, encodeMessage } from "ext:miniflare/rpc/message.ts";
import { decode, encode, encodeThrown, HOST, host } from "ext:miniflare/realm/port.ts";
import type { Path } from "ext:miniflare/rpc/hook.ts";
import type { Message } from "ext:miniflare/rpc/message.ts";
import type { WireValue } from "../wire.ts";

interface Waiting {
  resolve(message: Message): void;
  reject(reason: unknown): void;
}

const waiting = new Map<number, Waiting>();
let next = 0;

/**
 * What can be called at an address: of a service, `[binding]`, or of an object, `[binding, id]` and its name if that is known.
 */
export class Elsewhere {
  #address: readonly string[];
  /** The keys of members, most of which have one name. */
  #members = new Remembered((name) => this.#keyOf([name]));

  constructor(address: readonly string[]) {
    this.#address = address;
  }

  /** Calls or reads a member. */
  call(path: Path, message: Message | undefined, depth: number, pipelineDepth: number): Promise<Message> {
    const key = path.length === 1 ? this.#members.get(path[0]) : this.#keyOf(path);
    return send(key, message, depth, pipelineDepth);
  }

  #keyOf(path: Path) {
    return JSON.stringify([this.#address, path]);
  }
}

function send(key: string, message: Message | undefined, depth: number, pipelineDepth: number): Promise<Message> {
  const parts = message === undefined ? [] : encodeMessage(message, encode);
  return new Promise((resolve, reject) => {
    waiting.set(next, { resolve, reject });
    host(HOST.RPC_CALL, next++, depth, pipelineDepth, key, ...parts);
  });
}

/** A call is answered: with a message, or an error. */
export function answered(number: number, isKept: boolean, ...parts: WireValue[]) {
  const { resolve, reject } = waiting.get(number) as Waiting;
  waiting.delete(number);
  try {
    if (isKept) resolve(decodeMessage(parts, decode));
    else reject(decode(parts[0]));
  } catch (error) {
    reject(error);
  }
}

/** Serves a call of another worker, `run`, and answers it by its number. */
export async function serve(
  number: number,
  parts: WireValue[],
  run: (message: Message | undefined) => Promise<Message>,
) {
  let answer: WireValue[];
  try {
    const result = await run(parts.length === 0 ? undefined : decodeMessage(parts, decode));
    answer = [true, ...encodeMessage(result, encode)];
  } catch (error) {
    answer = [false, encodeThrown(error)];
  }
  host(HOST.RPC_ANSWER, number, ...answer);
}
