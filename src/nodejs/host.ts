// The calls that Node answers for its modules in a worker, on the same stack: a name, bytes and plain values in, the same out
// (`node/host-calls.ts` lists them). An error comes with its class, its code and its text.

import { HOST, host } from "ext:miniflare/realm/port.ts";
import { nodeError } from "./errors.ts";
import type { WireValue } from "../wire.ts";

const CLASSES: Record<string, new (message: string) => Error> = { Error, RangeError, SyntaxError, TypeError };

/** Calls Node; throws what it throws. */
export function ask(name: string, ...args: WireValue[]): WireValue {
  const [isDone, ...answer] = host(HOST.NODEJS, name, ...args) as [boolean, ...WireValue[]];
  if (isDone) return answer[0];
  const [className, code, message, rest] = answer as [string, string | null, string, string];
  const Class = CLASSES[className] ?? Error;
  const error = code === null ? new Class(message) : nodeError(Class, code, message);
  throw Object.assign(error, JSON.parse(rest));
}

/** What a function of Node's `path` returns. */
export const windowsPath = (method: string, args: unknown[]): unknown =>
  (JSON.parse(ask("path", method, JSON.stringify(args)) as string) as [unknown?])[0];
