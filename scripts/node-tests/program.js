// The worker that runs one of Node's tests. `/begin` runs the file; `/end` says that nothing more happens, as when a process of
// Node's ends, and answers `{ skipped, failures }`.

import process from "node:process";

const nodeTest = { calls: [], failures: [], isBusy: () => false, read: undefined, Skipped: undefined };
let skipped;

function fail(error) {
  if (nodeTest.Skipped !== undefined && error instanceof nodeTest.Skipped) skipped = error.message;
  else if (error?.code === "ERR_PROCESS_EXIT" && !process.exitCode) return;
  else nodeTest.failures.push(error);
}

/** As in Node, a program may handle what it did not catch. */
function uncaught(error, origin) {
  const handled = origin === "unhandledRejection" && process.emit("unhandledRejection", error, Promise.resolve());
  if (handled) return;
  try {
    if (!process.emit("uncaughtException", error, origin)) fail(error);
  } catch (next) {
    fail(next);
  }
}

addEventListener("error", (event) => {
  event.preventDefault();
  uncaught(event.error, "uncaughtException");
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  uncaught(event.reason, "unhandledRejection");
});

async function begin(env) {
  globalThis.nodeTest = Object.assign(nodeTest, { read: (name) => env.read(name) });
  // What only Node's own tests know of a process.
  const file = `/test/parallel/${env.name}`;
  Object.assign(globalThis, { global: globalThis, __filename: file, __dirname: "/test/parallel" });
  process.argv = ["node", file];
  Object.assign(process.versions, env.versions);
  for (const method of ["debug", "error", "info", "log", "warn"]) console[method] = () => {};
  try {
    await import("test-file");
  } catch (error) {
    fail(error);
  }
}

function check({ name, actual, exact, minimum, place }) {
  if (exact !== undefined ? actual === exact : actual >= minimum) return;
  const expected = exact ?? `at least ${minimum}`;
  const where = place?.split("\n").find((line) => /test-.*js:/.test(line)) ?? "";
  fail(new Error(`Mismatched ${name} function calls. Expected ${expected}, actual ${actual}. ${where.trim()}`));
}

function end() {
  if (nodeTest.isBusy()) fail(new Error("its tests did not end"));
  for (const event of ["beforeExit", "exit"]) {
    try {
      process.emit(event, process.exitCode ?? 0);
    } catch (error) {
      fail(error);
    }
  }
  if (skipped === undefined) nodeTest.calls.forEach(check);
  return { skipped, failures: nodeTest.failures.map(textOf) };
}

function textOf(error) {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { text, stack: String(error?.stack) };
  } catch {
    return { text: "a value without a text", stack: "" };
  }
}

export default {
  async fetch(request, env) {
    const isMet = ({ actual, exact, minimum }) => (exact === undefined ? actual >= minimum : actual >= exact);
    if (request.url.endsWith("/waits")) return Response.json(nodeTest.isBusy() || !nodeTest.calls.every(isMet));
    if (new URL(request.url).pathname === "/end") return Response.json(end());
    await begin(env);
    return new Response();
  },
};
