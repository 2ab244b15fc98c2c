// A reporter of Node's test runner whose output is for `npm test`: a line of JSON for each test that failed, and one for the
// counts of the run. A suite or file that failed only because a test in it did is left out. Of a file that did not end by itself,
// it tells which tests were running, and what kept its process alive.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ALIVE, lastBegun } from "./spec-watch.mjs";

/** The folder of the notes of spec files. */
const NOTES = process.env.MINIFLARE_SPEC_NOTES;
const COUNT = /^(pass|fail|cancelled) (\d+)$/;

export default async function* report(events) {
  const counts = {};
  const files = new Files();
  for await (const { type, data } of events) {
    files.note(type, data);
    if (type === "test:fail" && isCause(data)) yield line({ failure: describe(data, files) });
    if (type === "test:diagnostic") {
      const [, name, count] = COUNT.exec(data.message) ?? [];
      if (name !== undefined) counts[name] = Number(count);
    }
  }
  yield line({ counts });
}

/** What is known of spec files that have not ended yet. */
class Files {
  /** By place and name: the events of tests that have begun, and have not ended. */
  #running = new Map();
  /** By file: what it said of what keeps it alive. */
  #alive = new Map();

  note(type, data) {
    if (type === "test:stderr" && data.message.startsWith(ALIVE)) {
      this.#alive.set(path.resolve(data.file), data.message.trim());
    }
    if (isFile(data)) return;
    const key = `${data.nesting} ${data.file}:${data.line}:${data.column} ${data.name}`;
    if (type === "test:dequeue") this.#running.set(key, data);
    if (type === "test:complete") this.#running.delete(key);
  }

  /** What a file was at when it was ended, or ended badly, as far as can be told. Its tests are forgotten. */
  explain(file, isLate) {
    // A test that a function of `__test__/support/` declares has the place of that.
    const own = [...this.#running].filter(([, data]) => path.resolve(data.file ?? file) === file || !isSpec(data.file));
    for (const [key] of own) this.#running.delete(key);
    const names = own.map(([, { name }]) => name);
    const alive = this.#alive.get(file);
    if (alive !== undefined) {
      return `${alive}\n${names.length > 0 ? `Running at that time: ${names.join(" › ")}` : "No test was running."}`;
    }
    const blocked = isLate ? "Its thread was blocked, so that it could not say what keeps its process alive.\n" : "";
    return `${blocked}The last test that began: ${lastBegun(NOTES, file) ?? "none"}`;
  }
}

const isSpec = (name) => /\.spec\.mjs$/.test(name ?? "");

/** Whether an event is about a spec file as a whole, whose name is its path. */
const isFile = ({ name, nesting }) => nesting === 0 && isSpec(name);

function isCause({ details, todo, skip }) {
  return todo === undefined && skip === undefined && details.error?.failureType !== "subtestsFailed";
}

function describe(data, files) {
  const { name, file, line: at, details } = data;
  const error = details.error?.cause ?? details.error;
  const place = specIn(error) ?? (file === undefined ? "" : `${file}:${at ?? 1}`);
  const text = String(error?.message ?? error);
  if (!isFile(data)) return { name, place, error: text };
  const isLate = details.error?.failureType === "testTimeoutFailure";
  return { name, place, error: `${text}\n${files.explain(path.resolve(file ?? name), isLate)}` };
}

/** The line of a spec that an error comes from: tests are often declared by a function of `__test__/support/`. */
function specIn(error) {
  const [place] = /[^\s(]+\.spec\.mjs:\d+/.exec(error?.stack ?? "") ?? [];
  return place?.startsWith("file:") ? fileURLToPath(place) : place;
}

function line(value) {
  return `${JSON.stringify(value)}\n`;
}
