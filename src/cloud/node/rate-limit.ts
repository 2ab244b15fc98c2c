// A rate limit: periods begin at multiples of their length, and each key has a count of its own in each.

import type { CloudState } from "./cloud-state.ts";

export interface RateLimitSettings {
  namespace: string;
  limit: number;
  /** In seconds. */
  period: number;
}

const PERIODS = [10, 60];
const MEMBERS = ["key", "limit", "period"];

export class RateLimit {
  readonly #settings: RateLimitSettings;
  readonly #state: CloudState;

  constructor(settings: RateLimitSettings, state: CloudState) {
    this.#settings = settings;
    this.#state = state;
  }

  async limit(options: unknown): Promise<{ success: boolean }> {
    const { key, limit, period } = this.#checked(options);
    const epoch = Math.floor(this.#state.now() / (1000 * period));
    const name = `${this.#settings.namespace}:${period}`;
    const known = this.#state.counts.get(name);
    const counts = known?.epoch === epoch ? known : { epoch, byKey: new Map<string, number>() };
    if (counts !== known) this.#state.counts.set(name, counts);
    const count = (counts.byKey.get(key) ?? 0) + 1;
    counts.byKey.set(key, count);
    return { success: count <= limit };
  }

  #checked(options: unknown) {
    if (typeof options !== "object" || options === null) throw new Error("invalid rate limit options");
    const others = Object.keys(options).filter((name) => !MEMBERS.includes(name));
    if (others.length > 0) throw new Error(`bad rate limit options: [${others.join(",")}]`);
    const {
      key = "",
      limit = this.#settings.limit,
      period = this.#settings.period,
    } = options as Record<string, unknown>;
    if (typeof key !== "string") throw new Error(`invalid key: ${key}`);
    if (typeof limit !== "number") throw new Error(`limit must be a number: ${limit}`);
    if (!PERIODS.includes(period as number)) throw new Error(`unsupported period: ${period}`);
    return { key, limit, period: period as number };
  }
}
