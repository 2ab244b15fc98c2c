// `npm run environments`: the suites of the environments on every supported version of Jest and Vitest, and a table of how
// they went. `npm run environments -- vitest 27.5` runs those whose name and version contain one of the words.
import { performance } from "node:perf_hooks";
import { runSuite } from "../__test__/support/runners.mjs";
import { RUNNERS } from "./runners.mjs";
import { main, say, StepError } from "./steps.mjs";

async function runAll() {
  const words = process.argv.slice(2);
  const all = Object.values(RUNNERS).flat();
  const chosen = all.filter((one) => words.length === 0 || words.some((word) => nameOf(one).includes(word)));
  if (chosen.length === 0) throw new StepError(`no runner is called ${words.join(" or ")}`, all.map(nameOf).join("\n"));
  const rows = [];
  for (const runner of chosen) rows.push(await runOne(runner));
  const lines = rows.map((row) => `| ${Object.values(row).join(" | ")} |`);
  process.stdout.write(
    `\n${["| runner | Node | passed | failed | seconds |", "| --- | --- | --- | --- | --- |", ...lines].join("\n")}\n`,
  );
  if (rows.some(({ failed, passed }) => failed !== 0 || passed === 0)) process.exitCode = 1;
}

const nameOf = ({ name, version }) => `${name} ${version}`;

async function runOne(runner) {
  const ends = [];
  const start = performance.now();
  try {
    const { passed, failed, node, messages, code } = await runSuite({ after: (end) => ends.push(end) }, runner);
    say(`${nameOf(runner)}: ${passed} passed, ${failed} failed, exit code ${code}${messages && `\n${messages}`}`);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    return { runner: nameOf(runner), node, passed, failed, seconds };
  } catch (error) {
    say(`${nameOf(runner)}: ${error.message}`);
    return { runner: nameOf(runner), node: "", passed: 0, failed: "all", seconds: "" };
  } finally {
    for (const end of ends) end();
  }
}

main(import.meta.url, runAll);
