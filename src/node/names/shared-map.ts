// A map that a test shares with a `MemoryStorage`: what one of them changes, the other has when it is asked next. The map's
// entries are told apart by their identity, so a test puts another entry in the place of one to change it.

import { binding } from "../binding/binding.ts";
import { adopt } from "./names-realm.ts";
import type { StoredValueMeta } from "../../../types/storage.d.ts";
import type { Found, known, Listed, partsOf } from "./named-storage.ts";

/** The test's map, as far as it is used. */
type Entries = Pick<Map<string, StoredValueMeta>, "get" | "set" | "delete" | "keys">;
/** How a storage takes entries apart and puts them together. */
type Parts = { known: typeof known; partsOf: typeof partsOf };

/** Before all times: nothing has expired yet. */
const EVER = -Infinity;

class SharedMap {
  #map: Entries;
  #number: number;
  #entries: Parts;
  /** The entries that the storage has, by their keys, as they are in the map. */
  #known = new Map<string, StoredValueMeta>();

  constructor(map: Entries, number: number, entries: Parts) {
    this.#map = map;
    this.#number = number;
    this.#entries = entries;
  }

  /** Takes over what the test has changed of these keys, or of all. */
  pull(keys: Iterable<string> = new Set([...this.#map.keys(), ...this.#known.keys()])) {
    for (const key of keys) {
      const entry = this.#map.get(key);
      if (entry === this.#known.get(key)) continue;
      if (entry === undefined) binding.storageDelete(this.#number, EVER, [key]);
      else binding.storagePut(this.#number, EVER, key, ...this.#entries.partsOf(entry));
      this.#note(key, entry);
    }
  }

  /** Shows in the map what has become of these keys, or of all: those that have expired are gone, `written` ones are new. */
  push(keys: Iterable<string> | undefined, written: boolean) {
    for (const key of keys ?? this.#stored()) {
      const found = binding.storageGet(this.#number, EVER, key) as Found | null;
      if (found === null) this.#show(key, undefined);
      else if (written) this.#show(key, { value: adopt(found[2]), ...this.#entries.known(found[0], found[1]) });
    }
  }

  #stored() {
    const [, , ...flat] = binding.storageList(this.#number, EVER, []) as Listed;
    // The first of three items is the name.
    const names = flat.filter((_, index) => index % 3 === 0) as string[];
    return new Set([...this.#known.keys(), ...names]);
  }

  #show(key: string, entry: StoredValueMeta | undefined) {
    if (entry === undefined) this.#map.delete(key);
    else this.#map.set(key, entry);
    this.#note(key, entry);
  }

  #note(key: string, entry: StoredValueMeta | undefined) {
    if (entry === undefined) this.#known.delete(key);
    else this.#known.set(key, entry);
  }
}

export { SharedMap };
