// Loaded into each process that runs a spec file: it notes the tests that begin, and shortly before the limit of the file is
// over, it says what keeps the process alive, and ends it then: since Node 24, the runner has no limit for files. Its own timers
// keep nothing alive. In its URL, `?limit=` is the limit in milliseconds, and `?notes=` the folder of the notes.
import { openSync, readFileSync, writeSync } from "node:fs";
import path from "node:path";
import { isMainThread } from "node:worker_threads";

/** Begins the one line that is printed; `spec-report.mjs` looks for it. */
export const ALIVE = "What keeps this process alive: ";
/** So long before the limit, in milliseconds: time for the line to reach the runner. */
const AHEAD_MS = 10_000;

const parameters = new URL(import.meta.url).searchParams;
const [limit, notes] = [Number(parameters.get("limit")), parameters.get("notes")];
// Threads and the runner itself load it as well.
if (limit > 0 && isMainThread && process.env.NODE_TEST_CONTEXT !== undefined) {
  setTimeout(tell, Math.max(limit - AHEAD_MS, 0)).unref();
  setTimeout(() => process.kill(process.pid, "SIGTERM"), limit).unref();
  if (notes !== null) await note(notesOf(notes, process.argv[1]));
}

function notesOf(folder, spec) {
  return path.join(folder, path.resolve(spec).replaceAll(path.sep, "+"));
}

/** The test of a spec file that began last, which is known even if it blocks its thread. */
export function lastBegun(folder, spec) {
  try {
    return readFileSync(notesOf(folder, spec), "utf8").trimEnd().split("\n").at(-1);
  } catch {
    return undefined;
  }
}

async function note(file) {
  const { beforeEach } = await import("node:test");
  const notes = openSync(file, "a");
  beforeEach((t) => void writeSync(notes, `${t.fullName ?? t.name}\n`));
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

function isOwn(handle) {
  return ![process.stdin, process.stdout, process.stderr].includes(handle);
}

function describe(handle) {
  const name = handle.constructor?.name ?? typeof handle;
  if (name === "ChildProcess") return `child process ${handle.pid}: ${handle.spawnargs?.join(" ").slice(0, 200)}`;
  if (typeof handle.address === "function" && handle.listening) return `${name} on ${JSON.stringify(handle.address())}`;
  if (handle.remotePort !== undefined)
    return `${name} ${handle.localPort} to ${handle.remoteAddress}:${handle.remotePort}`;
  if (name === "Worker") return `thread ${handle.threadId}`;
  return handle.path === undefined ? name : `${name} of ${handle.path}`;
}
