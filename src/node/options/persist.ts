// Where the rooms of an instance store, as their options say.

import { KEEPING } from "./table.ts";
import { placeOf } from "./place.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Place } from "../binding/exports.d.ts";

/** The place of each room that stores something, by the room's name. */
function places(options: MiniflareOptions): Record<string, Place> {
  const root = options.rootPath ?? process.cwd();
  const sync = options.durability === "sync";
  const found = KEEPING.map(([name, { keeps, folder }]) => [keeps, placeOf(options[name], { folder, root, sync })]);
  return Object.fromEntries(found);
}

export { places };
