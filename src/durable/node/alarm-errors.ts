// What the log says of alarms that were not handled.

import { DurableObjectError } from "../../node/errors.ts";

/**
 * What is said of an alarm that was not handled, because of `cause`.
 * @param retries how often it had been retried before; null when its object could not be read or written
 * @param wait milliseconds until it is tried again; null when it is given up
 */
function alarmError(
  binding: string,
  hex: string,
  retries: number | null,
  wait: number | null,
  cause: unknown,
): DurableObjectError {
  const seconds = `in ${Math.round(Number(wait) / 1000)} s`;
  let text = `failed, retry ${Number(retries) + 1} follows ${seconds}`;
  if (wait === null) text = `failed, it is given up after ${retries} retries`;
  else if (retries === null) text = `could not be delivered, it is tried again ${seconds}`;
  return new DurableObjectError("ERR_ALARM", `Alarm of Durable Object "${binding}" ${text} (id ${hex})`, cause);
}

export { alarmError };
