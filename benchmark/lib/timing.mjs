// Time per call. Calls are bounded by a number and by time, whichever is reached first: the fastest implementation gets
// enough calls to warm up, and the slowest does not hold up the run.

const WARM_UP_MS = 500;
const MEASURED_MS = 1_000;

async function repeat(work, calls, limitMs) {
  const start = performance.now();
  let elapsed = 0;
  let done = 0;
  while (done < calls && elapsed < limitMs) {
    await work(done++);
    elapsed = performance.now() - start;
  }
  return elapsed / done;
}

/** Milliseconds per call of `work`. */
export async function millisPerCall(work, { warmUp, calls }) {
  await repeat(work, warmUp, WARM_UP_MS);
  return repeat(work, calls, MEASURED_MS);
}

/** Microseconds per call of `work`. */
export async function microsPerCall(work, counts) {
  return 1000 * (await millisPerCall(work, counts));
}
