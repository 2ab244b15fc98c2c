// Calls of what lives in another worker of the instance, and those that come from one. A call goes out under a number, and Node
// calls back with the answer to that number: what crosses is a message and no promise.

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
 * Calls or reads a member of what has the address of a service, `[binding]`, or of an object, `[binding, id]` and its name if
 * that is known.
 */
export function callElsewhere(
  address: readonly string[],
  path: Path,
  message: Message | undefined,
  depth: number,
  pipelineDepth: number,
): Promise<Message> {
  const parts = message === undefined ? [] : encodeMessage(message, encode);
  return new Promise((resolve, reject) => {
    waiting.set(next, { resolve, reject });
    host(HOST.RPC_CALL, next++, depth, pipelineDepth, address as string[], path as string[], ...parts);
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
