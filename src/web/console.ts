// `console`: every method is Node's, called at once with the same arguments, so that order, formatting and test runners'
// captures are those of Node. Live objects arrive as proxies, which Node prints as this realm shows them.

import { core } from "ext:core/mod.js";
import { decode, encode, HOST, host } from "ext:miniflare/realm/port.ts";
import { currentTrace } from "ext:miniflare/realm/trace.ts";
import type { WireValue } from "../wire.ts";

const METHODS = [
  "assert",
  "clear",
  "count",
  "countReset",
  "debug",
  "dir",
  "dirxml",
  "error",
  "group",
  "groupCollapsed",
  "groupEnd",
  "info",
  "log",
  "table",
  "time",
  "timeEnd",
  "timeLog",
  "timeStamp",
  "trace",
  "warn",
];

/** What tails hear of. */
const RECORDED = ["debug", "error", "info", "log", "warn"];

/** A namespace object; its prototype is an empty object: <https://console.spec.whatwg.org/#console-namespace> */
export const console: Record<string, (...args: unknown[]) => void> = Object.create({});
for (const method of METHODS) {
  const isRecorded = RECORDED.includes(method);
  const { [method]: forward } = {
    [method](...args: unknown[]) {
      if (isRecorded) currentTrace()?.log(method, args);
      const [printed, error] = host(HOST.CONSOLE, method, ...args.map(encode)) as [printed: boolean, error: WireValue];
      if (!printed) throw decode(error);
    },
  };
  console[method] = forward;
}
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });

/** Has debuggers see what is printed: each method also calls that of V8's console, with the frame of the worker on top. */
export function mirrorConsole() {
  for (const method of METHODS) {
    const mirrored: (...args: unknown[]) => void = core.callConsole.bind(
      console,
      core.console[method],
      console[method],
    );
    Object.defineProperty(mirrored, "name", { value: method, configurable: true });
    console[method] = mirrored;
  }
}
