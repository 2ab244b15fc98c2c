// What an instance remembers of these bindings, whatever workers it loads.

import type { AnalyticsDataPoint } from "../../../index.d.ts";
import type { Group } from "../../node/instance/group.ts";

/** The counts of one rate limit in its current period. */
export interface Counts {
  epoch: number;
  byKey: Map<string, number>;
}

export class CloudState {
  readonly points: AnalyticsDataPoint[] = [];
  /** Values of secrets by their names, by the stores that they are in. */
  readonly secrets = new Map<string, Map<string, string>>();
  readonly counts = new Map<string, Counts>();
  readonly #group: Group;

  constructor(group: Group) {
    this.#group = group;
  }

  /** The time of the instance, in milliseconds. */
  now(): number {
    return this.#group.clock.now();
  }

  /** The secrets of a store, which need not have been named before. */
  store(id: string): Map<string, string> {
    const known = this.secrets.get(id) ?? new Map();
    this.secrets.set(id, known);
    return known;
  }

  /** Deletes all of it. Bindings and stores that are in use stay valid. */
  clear(): void {
    this.points.length = 0;
    this.counts.clear();
    for (const secrets of this.secrets.values()) secrets.clear();
  }
}

const states = new WeakMap<Group, CloudState>();

export function stateOf(group: Group): CloudState {
  const state = states.get(group) ?? new CloudState(group);
  states.set(group, state);
  return state;
}

export const cleared = (group: Group): void => states.get(group)?.clear();
