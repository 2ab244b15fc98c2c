// `console`: every method is Node's, called at once with the same arguments, so that order, formatting and test runners'
// captures are those of Node. Data crosses as data; what cannot is printed as this realm shows it.

import { core } from "ext:core/mod.js";
import { op_host } from "ext:core/ops";
import { encode, HOST } from "ext:miniflare/worker/realm.js";

const { isData } = core.loadExtScript("ext:miniflare/membrane/membrane.js");
const { inspect } = core.loadExtScript("ext:deno_web/01_console.js");

const METHODS = [
  "assert", "clear", "count", "countReset", "debug", "dir", "dirxml", "error", "group", "groupCollapsed", "groupEnd",
  "info", "log", "table", "time", "timeEnd", "timeLog", "timeStamp", "trace", "warn",
];

export const console = {};
for (const method of METHODS) {
  const { [method]: forward } = {
    [method](...args) {
      op_host(HOST.CONSOLE, [method, ...args.map(printable)]);
    },
  };
  console[method] = forward;
}
Object.defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });

function printable(value) {
  try {
    if (typeof value !== "object" || value === null || value instanceof Error || isData(value, new Set())) {
      return typeof value === "function" ? inspect(value) : encode(value);
    }
    return inspect(value);
  } catch {
    return String(value);
  }
}
