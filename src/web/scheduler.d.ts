// The contract of `scheduler.js`: waiting, over the timers of a realm.

export interface Scheduler {
  /** Resolves after so many milliseconds; rejects with an `AbortError` when the signal is aborted. */
  wait(delay: number, options?: { signal?: AbortSignal }): Promise<void>;
}

/** @param parts `begin` throws where nothing may wait; `toLong` converts to an integer of 32 bits */
export function createScheduler<Timer>(parts: {
  DOMException: typeof DOMException;
  begin(): void;
  start(callback: () => void, milliseconds: number): Timer;
  clear(timer: Timer): void;
  toLong(value: unknown): number;
}): { Scheduler: { readonly prototype: Scheduler; new (): Scheduler }; scheduler: Scheduler };
