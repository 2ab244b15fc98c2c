// `npm run bench`: every scenario, in miniflare-rs and its peers, side by side in one run, because ratios within a run
// hold from machine to machine and absolute times do not.
import { readPage, writeTable } from "./lib/document.mjs";
import { before, installPeer, own } from "./lib/implementations.mjs";
import { readOptions } from "./lib/options.mjs";
import { judge, failures } from "./lib/row.mjs";
import { measure } from "./lib/rounds.mjs";
import { loadScenarios } from "./lib/scenarios.mjs";
import { line } from "./lib/table.mjs";

async function prepare() {
  try {
    const options = readOptions(process.argv.slice(2));
    const scenarios = await loadScenarios(options.only);
    // Read before anything is measured: a page that cannot take the table is known at once.
    const page = options.write ? readPage() : undefined;
    const earlier = options.before === undefined ? [] : [before(options.before)];
    const implementations = [...options.peers.map(installPeer), ...earlier, own()];
    return { options, scenarios, page, implementations };
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exit(2);
  }
}

const { options, scenarios, page, implementations } = await prepare();
const machineReadable = options.json || options.write;
// Standard output holds nothing but JSON when a program reads it; people then read along on standard error.
const tell = machineReadable ? console.error : console.log;

const rows = [];
for (const scenario of scenarios) {
  const row = judge(scenario, measure(scenario, implementations, options.rounds));
  rows.push(row);
  tell(line(row, implementations));
  if (machineReadable) console.log(JSON.stringify(row));
}
if (options.write) tell(`table written into ${writeTable(page, rows, implementations, options.rounds)}`);
if (options.check) {
  const reasons = failures(rows);
  for (const reason of reasons) console.error(`check failed: ${reason}`);
  if (reasons.length > 0) process.exitCode = 1;
}
