// What lies in other workers of the instance: services that are bound, and objects whose class another script exports.
//
// A request goes out under a number, and Node calls back with the answer to that number.

import { getCf } from "ext:miniflare/web/request-class.ts";
import { decode, encode, HOST, host } from "ext:miniflare/realm/port.ts";
import { redirectOf, requestToWire, responseFromWire } from "ext:miniflare/web/wire-request.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";
import type { ResponseParts } from "ext:miniflare/web/wire-request.ts";
import type { WireValue } from "../../wire.ts";

interface Waiting {
  resolve(response: Response): void;
  reject(reason: unknown): void;
}
/** The parts of a response, or an error alone. */
type Answer = [error: WireValue] | [...ResponseParts];

const waiting = new Map<number, Waiting>();
let next = 0;

/**
 * Fetches from the service of a binding, by its name, or from `[binding, id]` of an object that lives elsewhere. Of the
 * context that it is for, it is the nesting that goes along.
 */
export function fetchElsewhere(
  target: string | [binding: string, hex: string, name?: string],
  request: Request,
  { depth, pipelineDepth }: RequestContext,
): Promise<Response> {
  const parts = requestToWire(request, encode);
  const cf = encode(getCf(request));
  return new Promise((resolve, reject) => {
    waiting.set(next, { resolve, reject });
    host(HOST.FETCH, next++, target, ...parts, cf, [depth, pipelineDepth], redirectOf(request));
  });
}

/** What was fetched has arrived: the parts of a response, or an error alone. */
export function fetched(number: number, ...answer: Answer) {
  const { resolve, reject } = waiting.get(number) as Waiting;
  waiting.delete(number);
  try {
    if (answer.length === 1) reject(decode(answer[0]));
    else resolve(responseFromWire(answer, decode, "immutable"));
  } catch (error) {
    reject(error);
  }
}
