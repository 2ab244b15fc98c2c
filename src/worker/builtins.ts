// The built-in modules, such as `cloudflare:workers`, which scripts import by name. They belong to rooms (`builtins` of their
// descriptors); the loader (`modules/link.rs`) asks here for each specifier that is not a path.

import { ofRooms, rooms } from "ext:miniflare/worker/rooms.ts";

const modules = ofRooms("builtins");
const exported = new Map<string, object>();

/** The exports of the module with this specifier, by name; undefined if this worker has no such module. */
export function builtin(specifier: string): object | undefined {
  let exports = exported.get(specifier);
  if (exports === undefined && Object.hasOwn(modules, specifier)) {
    exports = modules[specifier]();
  }
  for (const room of rooms) exports ??= room.findBuiltin?.(specifier);
  if (exports !== undefined) exported.set(specifier, exports);
  return exports;
}
