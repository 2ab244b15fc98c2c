// Runs a scenario in child processes, one per measurement, so that no implementation inherits another's heap, caches or
// compiled code; the implementations take turns round by round, so that a drift of the machine meets all of them.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { childEnvironment, RESULT_FD } from "./child-contract.mjs";
import { ROOT } from "./implementations.mjs";

const CHILD = fileURLToPath(new URL("./child.mjs", import.meta.url));
const TIMEOUT_MS = 120_000;
const STDERR_LINES = 12;

const STDIO = ["ignore", "ignore", "pipe"];
STDIO[RESULT_FD] = "pipe";

// A panic or a fatal error of V8 names its cause first, and its stack after that.
function firstLines(text) {
  return text.trim().split("\n").slice(0, STDERR_LINES).join("\n");
}

/** The words for a child that ended without a result: killed, aborted, or too slow. */
function crash({ error, signal, status, stderr }) {
  if (error?.code === "ETIMEDOUT") return `no result within ${TIMEOUT_MS / 1000} s`;
  const end = signal ? `ended by ${signal}` : `ended with status ${status}`;
  return [error?.message ?? end, firstLines(stderr ?? "")].filter(Boolean).join(": ");
}

/** One measurement: `{ value }` in the scenario's unit, or `{ error }` with the child's message. */
function runChild(scenario, { flags, module, command, fetchMockModule, environments }) {
  const task = JSON.stringify({ scenario: scenario.path, module, command, fetchMockModule, environments });
  const start = performance.now();
  const child = spawnSync(process.execPath, [...flags, CHILD, task], {
    encoding: "utf8",
    env: childEnvironment(),
    stdio: STDIO,
    timeout: TIMEOUT_MS,
    maxBuffer: 64 << 20,
  });
  const wholeProcess = performance.now() - start;
  const reported = child.output?.[RESULT_FD];
  if (!reported || child.error || child.signal) return { error: crash(child) };
  const result = JSON.parse(reported);
  return scenario.wholeProcess && !result.error ? { value: wholeProcess } : result;
}

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function summary({ values, error }) {
  // The table is published, so paths on this machine are removed.
  if (error) return { error: error.replaceAll(ROOT, "") };
  const sorted = values.toSorted((a, b) => a - b);
  return { median: median(sorted), min: sorted[0], max: sorted.at(-1) };
}

/** The results of a scenario by implementation: `{ median, min, max }`, or `{ error }`, also where one is left out. */
export function measure(scenario, implementations, rounds) {
  const runs = implementations.map((implementation) => {
    return { implementation, values: [], error: scenario.leftOut?.[implementation.key] };
  });
  for (let round = 0; round < rounds; round++) {
    // Who comes after a peer may meet its processes while they end: not always the same one.
    for (const run of round % 2 === 0 ? runs : runs.toReversed()) {
      if (run.error) continue;
      const { value, error } = runChild(scenario, run.implementation);
      if (error) run.error = error;
      else run.values.push(value);
    }
  }
  return Object.fromEntries(runs.map((run) => [run.implementation.key, summary(run)]));
}
