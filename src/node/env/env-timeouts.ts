// What is printed when a test times out: what the events of its instance wait for.

/** The texts by which the runners say that a test or a hook took too long. */
const TIMED_OUT = /^(?:Exceeded timeout of \d|thrown: "Exceeded timeout of \d|(?:Test|Hook) timed out in \d)/;

/** A runner gives an error, its text, or a list of errors. */
function isTimeout(failure: unknown): boolean {
  if (Array.isArray(failure)) return failure.some(isTimeout);
  const text = typeof failure === "string" ? failure : (failure as { message?: unknown } | null | undefined)?.message;
  return typeof text === "string" && TIMED_OUT.test(text);
}

/** Prints the report on the test's console, if a failure is a timeout and something is pending. */
export function reportTimeout(failure: unknown, pending: () => string | undefined, console: Console): void {
  if (!isTimeout(failure)) return;
  const report = pending();
  if (report !== undefined) console.warn(`When the test timed out, this was pending:\n${report}`);
}

/** A result of a task, as Vitest's worker sends it to its main process. */
type Packs = [id: string, result: { errors?: unknown[] } | undefined, ...rest: unknown[]][];
type Send = (packs: Packs, ...rest: unknown[]) => unknown;
interface WorkerState {
  rpc: object;
}

/** Looks at the results that Vitest's worker sends, once the worker's state is in a global: a while after the set-up. */
export class ResultWatch {
  #scope: { __vitest_worker__?: WorkerState };
  #failed: (errors: unknown) => void;
  #undo: (() => void) | undefined;
  #isOver = false;

  constructor(scope: object, failed: (errors: unknown) => void) {
    this.#scope = scope;
    this.#failed = failed;
  }

  /** Begins, if it can by now. */
  begin(): void {
    const state = this.#scope.__vitest_worker__;
    if (this.#isOver || this.#undo !== undefined || typeof state?.rpc !== "object") return;
    const { rpc } = state;
    state.rpc = watchedBy(rpc, this.#failed);
    this.#undo = () => {
      state.rpc = rpc;
    };
  }

  end(): void {
    this.#isOver = true;
    this.#undo?.();
  }
}

function watchedBy(rpc: object, failed: (errors: unknown) => void): object {
  // A result may be sent more than once.
  const told = new Set<string>();
  return new Proxy(rpc, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (name !== "onTaskUpdate") return method;
      const send: Send = (packs, ...rest) => {
        for (const [id, result] of packs) {
          if (result?.errors === undefined || told.has(id)) continue;
          told.add(id);
          failed(result.errors);
        }
        return (method as Send)(packs, ...rest);
      };
      return send;
    },
  });
}
