// Loaded into each process that runs a spec file: shortly before the limit of the file is over, it says what keeps the process
// alive, and it ends the process then: since Node 24, the runner has no limit for files. Its own timers keep nothing alive.
// `?limit=` in its URL is the limit in milliseconds.
import { isMainThread } from "node:worker_threads";

/** Begins the one line that is printed; `spec-report.mjs` looks for it. */
export const ALIVE = "What keeps this process alive: ";
/** So long before the limit, in milliseconds: time for the line to reach the runner. */
const AHEAD_MS = 10_000;

const limit = Number(new URL(import.meta.url).searchParams.get("limit"));
// Threads and the runner itself load it as well.
if (limit > 0 && isMainThread && process.env.NODE_TEST_CONTEXT !== undefined) {
  setTimeout(tell, Math.max(limit - AHEAD_MS, 0)).unref();
  setTimeout(() => process.kill(process.pid, "SIGTERM"), limit).unref();
}

function tell() {
  const counts = new Map();
  for (const one of [...process._getActiveHandles().filter(isOwn).map(describe), ...others()]) {
    counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  const list = [...counts].map(([one, count]) => (count === 1 ? one : `${count} × ${one}`));
  process.stderr.write(`${ALIVE}${list.join("; ") || "nothing that Node knows of"}\n`);
}

/** What Node counts without an object that says more: timers, requests to the system. */
function others() {
  return process.getActiveResourcesInfo().filter((name) => !/Wrap$|^FSEvent/.test(name));
}

const isOwn = (handle) => ![process.stdin, process.stdout, process.stderr].includes(handle);

function describe(handle) {
  const name = handle.constructor?.name ?? typeof handle;
  if (name === "ChildProcess") return `child process ${handle.pid}: ${handle.spawnargs?.join(" ").slice(0, 200)}`;
  if (typeof handle.address === "function" && handle.listening) return `${name} on ${JSON.stringify(handle.address())}`;
  if (handle.remotePort !== undefined)
    return `${name} ${handle.localPort} to ${handle.remoteAddress}:${handle.remotePort}`;
  if (name === "Worker") return `thread ${handle.threadId}`;
  return handle.path === undefined ? name : `${name} of ${handle.path}`;
}
