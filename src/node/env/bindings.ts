// The bindings of an environment without a worker. Data and KV namespaces are the same here and there, so a suite that has
// nothing else needs no worker, and is set up without one.

import { copyOf } from "./test-realm.ts";
import { GROUPS, OPTIONS } from "../options/table.ts";
import { readBindings } from "../script/script.ts";
import type { Miniflare, MiniflareOptions } from "../../../index.d.ts";

/** Options by which something is bound, or done, that is in a worker. */
const OF_WORKERS = Object.keys(OPTIONS).filter((name) => OPTIONS[name].needsWorker);

const needsWorker = (options: MiniflareOptions) => OF_WORKERS.some((name) => isGiven(Reflect.get(options, name)));

/** Whether an option is there and, if it is a list or names things, not empty. */
function isGiven(value: unknown) {
  return value !== undefined && !(typeof value === "object" && Object.keys(value as object).length === 0);
}

/** What these options bind; data is copied, as it is when it goes to a worker. */
async function ownBindings(mf: Miniflare, options: MiniflareOptions): Promise<Record<string, unknown>> {
  const named = GROUPS.flatMap((group) => group.bindings?.(options, mf) ?? []);
  const bindings: Record<string, unknown> = Object.fromEntries(
    await Promise.all(named.map(async ([name, binding]) => [name, await binding])),
  );
  const { values } = readBindings(options, options.rootPath ?? process.cwd());
  for (let index = 0; index < values.length; index += 2) bindings[String(values[index])] = copyOf(values[index + 1]);
  return bindings;
}

export { isGiven, needsWorker, ownBindings };
