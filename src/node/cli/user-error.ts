// Errors as a person at a terminal reads them: what happened, and where in their own sources.

import { describeThrown } from "../errors.ts";

/** The folder of the bundle. */
const OWN = __dirname;

/** The error without the frames of this package and of Node; it has the same name, message and cause. */
export function userError(thrown: unknown): Error {
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  const error = new Error(String(thrown), cause === undefined ? undefined : { cause: userError(cause) });
  const lines = describeThrown(thrown).split("\n");
  const isOwn = (line: string) =>
    /^ {4}at /.test(line) && (line.includes(OWN) || /\(?node:/.test(line) || isAnonymous(line));
  Object.defineProperty(error, "stack", { value: lines.filter((line) => !isOwn(line)).join("\n") });
  return error;
}

/** A frame of a built-in function. */
const isAnonymous = (line: string) => line.includes("<anonymous>");
