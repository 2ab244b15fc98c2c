// Secrets of the Secrets Store: the worker reads one by its binding, a test reads and writes them by their store.

import { describe } from "../../node/errors.ts";
import type { SecretsStore } from "../../../index.d.ts";
import type { CloudState } from "./cloud-state.ts";

/** What a worker binds. */
export class SecretsStoreSecret {
  readonly #secrets: Map<string, string>;
  readonly #name: string;

  constructor(store: string, name: string, state: CloudState) {
    this.#secrets = state.store(store);
    this.#name = name;
  }

  async get(): Promise<string> {
    const value = this.#secrets.get(this.#name);
    if (value === undefined) throw new Error(`Secret "${this.#name}" not found`);
    return value;
  }
}

/** What a test gets of a store. */
export function storeOf(id: string, state: CloudState): SecretsStore {
  const secrets = state.store(id);
  return {
    async get(name) {
      return secrets.get(name) ?? null;
    },
    async put(name, value) {
      if (typeof value !== "string") throw new TypeError(`A secret is a string, got ${describe(value)}`);
      secrets.set(name, value);
    },
    async delete(name) {
      return secrets.delete(name);
    },
    async list() {
      return [...secrets.keys()].sort();
    },
  };
}
