// A reporter of Node's test runner whose output is for `npm test`: a line of JSON for each test that failed, and one for the
// counts of the run. A suite or file that failed only because a test in it did is left out.
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
  return { name, place: file === undefined ? "" : `${file}:${at ?? 1}`, error: String(error?.message ?? error) };
}

function line(value) {
  return `${JSON.stringify(value)}\n`;
}
