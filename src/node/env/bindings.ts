// The bindings of an environment without a worker. Data and KV namespaces are the same here and there, so a suite that has
// nothing else needs no worker, and is set up without one.

import { copyOf } from "./test-realm.ts";
import { GROUPS, OPTIONS } from "../options/table.ts";
import { readBindings } from "../script/script.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Inside } from "../instance/inside.ts";

/** Options by which something is bound, or done, that is in a worker. */
const OF_WORKERS = Object.keys(OPTIONS).filter((name) => OPTIONS[name].needsWorker);

const needsWorker = (options: MiniflareOptions) => OF_WORKERS.some((name) => isGiven(Reflect.get(options, name)));

/** Whether an option is there and, if it is a list or names things, not empty. */
function isGiven(value: unknown) {
  return value !== undefined && !(typeof value === "object" && Object.keys(value as object).length === 0);
}

/** What these options bind; data is copied, as it is when it goes to a worker. */
function ownBindings(inside: Inside, options: MiniflareOptions): Record<string, unknown> {
  const bindings: Record<string, unknown> = {};
  for (const [name, open] of opened(options)) bindings[name] = open(inside);
  const values = dataOf(options);
  for (let index = 0; index < values.length; index += 2) bindings[String(values[index])] = copyOf(values[index + 1]);
  return bindings;
}

/** The names of what these options bind. Throws if a file of theirs cannot be read. */
function bindingNames(options: MiniflareOptions): string[] {
  const data = dataOf(options).filter((_, index) => index % 2 === 0);
  return [...new Set([...opened(options).map(([name]) => name), ...data.map(String)])];
}

const opened = (options: MiniflareOptions) => GROUPS.flatMap((group) => group.bindings?.(options) ?? []);
/** `[name, value, name, value, ...]` */
const dataOf = (options: MiniflareOptions) => readBindings(options, options.rootPath ?? process.cwd()).values;

export { bindingNames, isGiven, needsWorker, ownBindings };
