// `scheduler`: waiting, in either realm.

/** What `scheduler` is. */
interface Scheduler {
  wait(delay: number, options?: { signal?: AbortSignal }): Promise<void>;
}

/** What a realm waits with. */
interface SchedulerRealm<Timer> {
  DOMException: typeof DOMException;
  begin(): void;
  start(callback: () => void, milliseconds: number): Timer;
  clear(timer: Timer): void;
  toLong(value: unknown): number;
}

/**
 * @param begin throws where nothing may wait
 * @param start calls back after so many milliseconds; `clear` takes what it returns, and ends the wait
 * @param toLong an integer of 32 bits
 */
function createScheduler<Timer>({ DOMException, begin, start, clear, toLong }: SchedulerRealm<Timer>): {
  Scheduler: { readonly prototype: Scheduler; readonly name: string; new (): Scheduler };
  scheduler: Scheduler;
} {
  const aborted = () => new DOMException("The operation was aborted", "AbortError");

  class Scheduler {
    /** `wait(delay, { signal })`: resolves after so many milliseconds; `signal` ends the wait with an `AbortError`. */
    wait(...args: [delay: number, options?: { signal?: AbortSignal }]): Promise<void>;
    wait(...args: [delay?: unknown, options?: { signal?: AbortSignal }]): Promise<void> {
      begin();
      if (args.length === 0) {
        throw new TypeError("Failed to execute 'wait' on 'Scheduler': parameter 1 is not of type 'integer'.");
      }
      const [delay, options] = args;
      const signal = options?.signal;
      if (signal?.aborted) return Promise.reject(aborted());
      const milliseconds = toLong(delay);
      return new Promise((resolve, reject) => {
        const abort = () => {
          clear(timer);
          reject(aborted());
        };
        const end = () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        };
        const timer = start(end, milliseconds);
        signal?.addEventListener("abort", abort);
      });
    }
  }

  return { Scheduler, scheduler: new Scheduler() };
}

export { createScheduler };
export type { Scheduler };
