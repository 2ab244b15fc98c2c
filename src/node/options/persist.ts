// Where the rooms of an instance store, as their options say.

import { KEEPING } from "./table.ts";
import { placeOf } from "./place.ts";

/** The place of each room that stores something, by the room's name. */
function places(options) {
  const root = options.rootPath ?? process.cwd();
  const sync = options.durability === "sync";
  const found = KEEPING.map(([name, { keeps, folder }]) => [keeps, placeOf(options[name], { folder, root, sync })]);
  return Object.fromEntries(found);
}

export { places };
