// Events of objects, as far as it is tracked what they wait for, and recorded what they do.

import { currentContext, enter, eventContext } from "ext:miniflare/realm/context.ts";
import { beginTrace, traced } from "ext:miniflare/realm/trace.ts";
import { inEvent } from "ext:miniflare/realm/waits.ts";
import type { SocketEvent } from "ext:miniflare/durable/sockets.ts";
import type { RequestContext } from "ext:miniflare/realm/context.ts";
import type { TracedBy } from "ext:miniflare/realm/trace.ts";

type Work<Result> = () => Promise<Result>;
type Words = () => string;

/** Runs what an event asks of an object, or what is asked from outside of all events, which is one of its own. */
export const asEvent = <Result>(context: RequestContext, kind: string, what: Words, work: Work<Result>) =>
  context.payer === context ? inEvent(context, kind, what, work) : work();

/** Runs the delivery of an alarm, in a context of its own. */
export const alarmEvent = <Result>(binding: string, hex: string, work: Work<Result>) =>
  eventOf(eventContext(), "alarm", () => `${binding} ${hex}`, work);

/** Runs a call by RPC from outside the worker, in a context of its own. */
export function callEvent<Result>(
  depth: number | undefined,
  [binding, hex]: readonly [binding: string, hex: string, ...name: unknown[]],
  path: readonly string[],
  work: Work<Result>,
) {
  const context = eventContext(depth);
  const call = () => tracedCall(context, binding, hex, path, work);
  return eventOf(context, "rpc", () => `${binding} ${path.join(".")}`, call);
}

/** Runs a call, which is recorded if events are. Of its error the caller alone is told. */
export const tracedCall = <Result>(
  context: RequestContext,
  binding: string,
  hex: string,
  path: readonly string[],
  work: Work<Result>,
) =>
  traced(
    context,
    () => ({ rpcMethod: path.join(".") }),
    () => byObject(binding, hex),
    "told",
    work,
  );

/** Calls the handler of an alarm, the same. */
export function tracedAlarm<Result>(binding: string, hex: string, scheduledTime: number, work: () => Result): Result {
  const event = () => ({ scheduledTime: new Date(scheduledTime) });
  return traced(currentContext() as RequestContext, event, () => byObject(binding, hex), "recorded", work);
}

const eventOf = <Result>(context: RequestContext, kind: string, what: Words, work: Work<Result>) =>
  inEvent(context, kind, what, () => enter(context, work));

/** The names of the classes, by the bindings. */
const classNames = new Map<string, string>();
export const nameClass = (binding: string, className: string) => void classNames.set(binding, className);

/** An object as what runs an event that is recorded. */
export const byObject = (binding: string, id: string): TracedBy => ({
  className: classNames.get(binding) ?? binding,
  id,
});

/** An event of a socket, which is recorded if events are. */
export function recorded(context: RequestContext, binding: string, hex: string, event: SocketEvent): SocketEvent {
  const trace = beginTrace(
    context,
    () => ({ getWebSocketEvent: event.traced }),
    () => byObject(binding, hex),
  );
  if (trace === undefined) return event;
  const done = () => {
    event.done();
    trace.end();
  };
  return { ...event, done };
}
