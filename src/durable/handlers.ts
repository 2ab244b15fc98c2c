// The handlers that an instance of the user's class may have, and calls of them.

import { core } from "ext:core/mod.js";
import { miniflareError } from "ext:miniflare/realm/realm-errors.ts";
import { isResponse } from "ext:miniflare/web/wire-request.ts";
import type { AlarmInfo } from "ext:miniflare/durable/alarms.ts";
import type { LifeSockets, SocketEvent } from "ext:miniflare/durable/sockets.ts";

/** An instance, with the handlers that it may have. */
export interface ObjectInstance {
  alarm?(info: AlarmInfo): unknown;
  fetch?(request: Request): unknown;
  webSocketMessage?(...args: unknown[]): unknown;
  webSocketClose?(...args: unknown[]): unknown;
  webSocketError?(...args: unknown[]): unknown;
}

export const objectError = (code: string, message: string) => miniflareError("DurableObjectError", code, message);

export const isThenable = (value: unknown) =>
  typeof (value as Partial<Promise<unknown>> | undefined)?.then === "function";

export function callHandler(instance: ObjectInstance, event: SocketEvent, life: LifeSockets): unknown {
  const hasHandler = typeof instance[event.handler] === "function";
  try {
    return hasHandler ? instance[event.handler]?.(...event.argumentsFor(life)) : undefined;
  } finally {
    event.called(hasHandler);
  }
}

export async function respond(instance: ObjectInstance, request: Request) {
  if (!instance.fetch) throw objectError("ERR_NO_HANDLER", "No fetch handler defined in Durable Object");
  const response = await instance.fetch(request);
  if (isResponse(response)) return response;
  const text = "Durable Object fetch handler didn't respond with a Response object";
  throw objectError("ERR_RESPONSE_TYPE", text);
}

/** Marks an error as the object's (`remote`) for the caller, as Workers do. */
export const markRemote = (error: unknown) => mark(error, "remote");

export function mark(error: unknown, property: string) {
  if (core.isNativeError(error)) {
    Reflect.defineProperty(error, property, { value: true, writable: true, enumerable: true, configurable: true });
  }
}
