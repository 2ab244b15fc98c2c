// The contract of `simulation.js`, as far as Node uses it.

/** How to wait for a time: `start(callback, milliseconds)` returns what `stop` takes. */
export function waitBy<Wait>(
  start: (callback: () => void, milliseconds: number) => Wait,
  stop: (wait: Wait) => void,
): void;
