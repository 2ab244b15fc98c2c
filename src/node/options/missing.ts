// Warnings for options whose feature is missing, and the bindings that stand in for theirs.

import { missing } from "./full-table.ts";
import type { MiniflareOptions } from "../../../index.d.ts";

export type MissingBinding = [binding: string, methods: string[], text: string];

/** Whether it is an empty text or list. */
const isEmpty = (given: unknown) => (typeof given === "string" || Array.isArray(given)) && given.length === 0;

/** For the options that are given: `[binding, methods, text]` per binding, and a warning per option. */
function missingOptions(options: MiniflareOptions): { bindings: MissingBinding[]; warnings: string[] } {
  const bindings: MissingBinding[] = [];
  const warnings: string[] = [];
  // Those of missing features are not public.
  const all = options as Record<string, unknown>;
  for (const { missing: feature, options: rows } of missing) {
    for (const [option, { standIns }] of Object.entries(rows)) {
      const given = all[option];
      if (standIns === undefined || given === undefined || isEmpty(given)) continue;
      const text = `miniflare-rs has no ${feature}: the option "${option}" has no effect`;
      warnings.push(`${text}.`);
      for (const name of standIns.names(given)) bindings.push([name, standIns.methods, text]);
    }
  }
  return { bindings, warnings };
}

export { missingOptions };
