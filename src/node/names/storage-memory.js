"use strict";
// `miniflare-rs/storage-memory`: entries in memory.

const { describe } = require("../errors.js");
const { known, partsOf, Storage, STORAGE } = require("./named-storage.js");

class MemoryStorage extends Storage {
  /** @param map entries to begin with, which stay shared with whoever has the map */
  constructor(map = undefined, clock = undefined) {
    super([], "", clock);
    if (map === undefined) return;
    if (typeof map?.get !== "function" || typeof map.set !== "function" || typeof map.keys !== "function") {
      throw new TypeError(`new MemoryStorage() takes a Map of entries, or undefined, got ${describe(map)}`);
    }
    const { SharedMap } = require("./shared-map.js");
    const parts = this[STORAGE];
    parts.map = new SharedMap(map, parts.number, { known, partsOf });
  }
}

module.exports = { MemoryStorage };
