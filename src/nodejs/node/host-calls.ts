// The calls that Node's modules in a worker make, and all that a worker can reach of Node by them: pure functions of Node's
// `path`. Arguments are checked by Node itself; nothing of a worker's is called.

import path from "node:path";
import type { WireValue } from "../../node/binding/exports.d.ts";

type Answer = (...args: never[]) => WireValue;

/** The functions of `path` that a worker may call, by flavour. */
const PATHS: Record<string, Record<string, unknown>> = { posix: path.posix as never, win32: path.win32 as never };
const PATH_METHODS = new Set([
  ...["basename", "dirname", "extname", "format", "isAbsolute", "join", "matchesGlob"],
  ...["normalize", "parse", "relative", "resolve", "toNamespacedPath"],
]);

function callPath(name: string, args: string): WireValue {
  const [flavour, method] = name.split(".");
  const called = PATH_METHODS.has(method) && Object.hasOwn(PATHS, flavour) ? PATHS[flavour][method] : undefined;
  if (typeof called !== "function") throw new TypeError(`This version of Node has no path.${name}`);
  return JSON.stringify([called(...(JSON.parse(args) as unknown[]))]);
}

/** The calls of one worker, and what they have opened. */
class HostCalls {
  readonly #calls: Record<string, Answer> = { path: callPath };

  /** Answers a call: `[true, result]` or `[false, class, code, message, other properties as JSON]`. */
  answer([name, ...args]: WireValue[]): WireValue {
    try {
      const call = Object.hasOwn(this.#calls, name as string) ? this.#calls[name as string] : undefined;
      if (call === undefined) throw new TypeError(`There is no call "${name}"`);
      return [true, call(...(args as never[]))];
    } catch (error) {
      return failure(error);
    }
  }

  /** Closes what is open. */
  end(): void {}
}

function failure(error: unknown): WireValue {
  const { name, code = null, message, ...rest } = error as NodeJS.ErrnoException;
  const given = JSON.stringify(rest, (_, value) => (typeof value === "object" && value !== rest ? undefined : value));
  return [false, name, code, message, given];
}

export { HostCalls };
