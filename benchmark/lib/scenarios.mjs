// A scenario is one file of the folder `scenarios`; the part of its name before the first dash is its short name.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = new URL("../scenarios/", import.meta.url);

const shortName = (name) => name.split("-")[0];
const number = (name) => Number(shortName(name).slice(1));

async function load(file) {
  const url = new URL(file, FOLDER);
  const { default: scenario } = await import(url);
  return { ...scenario, id: shortName(scenario.name), path: fileURLToPath(url) };
}

function refuseUnknown(only, scenarios) {
  const known = new Set(scenarios.flatMap(({ id, name }) => [id, name]));
  const unknown = only.find((word) => !known.has(word));
  if (unknown === undefined) return;
  throw new Error(`--only names "${unknown}"; the scenarios are ${scenarios.map(({ name }) => name).join(", ")}`);
}

export async function loadScenarios(only) {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".mjs"));
  const scenarios = (await Promise.all(files.map(load))).sort((a, b) => number(a.name) - number(b.name));
  if (!only) return scenarios;
  refuseUnknown(only, scenarios);
  return scenarios.filter(({ id, name }) => only.includes(id) || only.includes(name));
}
