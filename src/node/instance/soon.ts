// What a worker asks to be called back for, after the code in Node that it has just been in.

import timers from "node:timers";
const { setImmediate } = timers;

/** Calls back once Node's microtasks are done. The worker that asked may be gone by then. */
function soon(callback: () => void): void {
  setImmediate(() => {
    try {
      callback();
    } catch {}
  });
}

export { soon };
