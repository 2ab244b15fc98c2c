// A reporter of Node's test runner whose output is for `npm test`: a line of JSON for each test that failed, and one for the
// counts of the run. A suite or file that failed only because a test in it did is left out.
import { fileURLToPath } from "node:url";

const COUNT = /^(pass|fail|cancelled) (\d+)$/;

/** What a file's process says of its own end is the last of what it says. */
const LAST_CHARACTERS = 500;

export default async function* report(events) {
  const counts = {};
  const said = new Map();
  for await (const { type, data } of events) {
    if (type === "test:stderr")
      said.set(data.file, `${said.get(data.file) ?? ""}${data.message}`.slice(-LAST_CHARACTERS));
    if (type === "test:fail" && isCause(data)) yield line({ failure: describe(data, said.get(data.file)) });
    if (type === "test:diagnostic") {
      const [, name, count] = COUNT.exec(data.message) ?? [];
      if (name !== undefined) counts[name] = Number(count);
    }
  }
  yield line({ counts });
}

function isCause({ details, todo, skip }) {
  return todo === undefined && skip === undefined && details.error?.failureType !== "subtestsFailed";
}

/** A file that fails as a whole has no more to tell than what it has `said`. */
function describe({ name, file, line: at, details }, said = "") {
  const error = details.error?.cause ?? details.error;
  const place = specIn(error) ?? (file === undefined ? "" : `${file}:${at ?? 1}`);
  const text = String(error?.message ?? error);
  return { name, place, error: name === file ? `${text}\n${said}`.trimEnd() : text };
}

/** The line of a spec that an error comes from: tests are often declared by a function of `__test__/support/`. */
function specIn(error) {
  const [place] = /[^\s(]+\.spec\.mjs:\d+/.exec(error?.stack ?? "") ?? [];
  return place?.startsWith("file:") ? fileURLToPath(place) : place;
}

function line(value) {
  return `${JSON.stringify(value)}\n`;
}
