// `npm run demo`: set-up, build, then every example of the documentation, with what it says of itself and what it prints.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { build } from "./build.mjs";
import { main, root, run, step, StepError } from "./steps.mjs";
import { setup } from "./setup.mjs";

// An example takes a fraction of a second; one that does not end is a failure to be shown.
const TIMEOUT_MS = 60_000;

function demo() {
  setup();
  build();
  const examples = readdirSync(path.join(root, "examples")).filter((name) => name.endsWith(".mjs"));
  if (examples.length === 0) throw new StepError("examples/ has no example", "restore it: git checkout -- examples");
  for (const name of examples.sort()) runExample(name);
  process.stdout.write(`\n${examples.length} examples ran. They are in examples/: change one and run it with node.\n`);
}

function runExample(name) {
  const file = path.join("examples", name);
  process.stdout.write(`\n${file}\n${describe(file)}\n`);
  step(file, () =>
    run(process.execPath, [file], { timeout: TIMEOUT_MS, killSignal: "SIGKILL", remedy: `run it alone: node ${file}` }),
  );
}

// The comment an example opens with.
function describe(file) {
  const lines = readFileSync(path.join(root, file), "utf8").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines.slice(0, end).join("\n");
}

main(import.meta.url, demo);
