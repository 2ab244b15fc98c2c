// `miniflare-rs/storage-memory`: entries in memory.

import { describe } from "../errors.ts";
import { known, partsOf, Storage, STORAGE } from "./named-storage.ts";
import type { Clock, StoredValueMeta } from "../../../types/storage.d.ts";

class MemoryStorage extends Storage {
  /** @param map entries to begin with, which stay shared with the owner of the map */
  constructor(map: Map<string, StoredValueMeta> | undefined = undefined, clock: Clock | undefined = undefined) {
    super([], "", clock);
    if (map === undefined) return;
    if (typeof map?.get !== "function" || typeof map.set !== "function" || typeof map.keys !== "function") {
      throw new TypeError(`new MemoryStorage() takes a Map of entries, or undefined, got ${describe(map)}`);
    }
    const { SharedMap } = require("./shared-map.ts") as typeof import("./shared-map.ts");
    const parts = this[STORAGE];
    parts.map = new SharedMap(map, parts.number, { known, partsOf });
  }
}

export { MemoryStorage };
