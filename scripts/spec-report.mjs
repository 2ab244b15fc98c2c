// A reporter of Node's test runner whose output is for `npm test`: a line of JSON for each test that failed, and one for the
// counts of the run. A suite or file that failed only because a test in it did is left out.
import { fileURLToPath } from "node:url";

const COUNT = /^(pass|fail|cancelled) (\d+)$/;

export default async function* report(events) {
  const counts = {};
  for await (const { type, data } of events) {
    if (type === "test:fail" && isCause(data)) yield line({ failure: describe(data) });
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

function describe({ name, file, line: at, details }) {
  const error = details.error?.cause ?? details.error;
  const place = specIn(error) ?? (file === undefined ? "" : `${file}:${at ?? 1}`);
  return { name, place, error: String(error?.message ?? error) };
}

/** The line of a spec that an error comes from: tests are often declared by a function of `__test__/support/`. */
function specIn(error) {
  const [place] = /[^\s(]+\.spec\.mjs:\d+/.exec(error?.stack ?? "") ?? [];
  return place?.startsWith("file:") ? fileURLToPath(place) : place;
}

function line(value) {
  return `${JSON.stringify(value)}\n`;
}
