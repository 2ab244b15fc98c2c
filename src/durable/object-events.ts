// Events of objects, as far as it is tracked what they wait for.

import { enter, eventContext } from "ext:miniflare/realm/context.ts";
import { inEvent } from "ext:miniflare/realm/waits.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";

type Work<Result> = () => Promise<Result>;
type Words = () => string;

/** Runs what an event asks of an object, or what is asked from outside of all events, which is one of its own. */
export const asEvent = <Result>(context: RequestContext, kind: string, what: Words, work: Work<Result>) =>
  context.payer === context ? inEvent(context, kind, what, work) : work();

/** Runs the delivery of an alarm, in a context of its own. */
export const alarmEvent = <Result>(binding: string, hex: string, work: Work<Result>) =>
  eventOf(eventContext(), "alarm", () => `${binding} ${hex}`, work);

/** Runs a call by RPC from outside the worker, in a context of its own. */
export const callEvent = <Result>(depth: number | undefined, binding: string, path: string[], work: Work<Result>) =>
  eventOf(eventContext(depth), "rpc", () => `${binding} ${path.join(".")}`, work);

const eventOf = <Result>(context: RequestContext, kind: string, what: Words, work: Work<Result>) =>
  inEvent(context, kind, what, () => enter(context, work));
