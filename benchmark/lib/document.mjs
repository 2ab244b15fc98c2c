// The page `docs/benchmarks.md`: people write it, and the benchmark replaces what stands between its two markers.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ROOT } from "./implementations.mjs";
import { markdownTable } from "./table.mjs";

const PAGE = path.join(ROOT, "docs", "benchmarks.md");
const BEGIN = "<!-- benchmark table: written by `npm run bench -- --write` -->";
const END = "<!-- end of the benchmark table -->";
const NEW_PAGE = `# Benchmarks\n\n${BEGIN}\n${END}\n`;

function facts(implementations, rounds) {
  const cpus = os.cpus();
  return [
    `CPU: ${cpus[0]?.model.trim() ?? "unknown"}, ${cpus.length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    `System: ${process.platform} ${process.arch}, Node ${process.versions.node}`,
    `Versions: ${implementations.map(({ label, version }) => `${label}: ${version}`).join("; ")}`,
    `Date: ${new Date().toISOString().slice(0, 10)}; medians of ${rounds} rounds; × is the ratio to Miniflare 2`,
  ]
    .map((fact) => `- ${fact}`)
    .join("\n");
}

/** The page around its table: what stands before and after the text between the markers. */
export function readPage() {
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : NEW_PAGE;
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin >= 0 && end > begin) return { before: page.slice(0, begin + BEGIN.length), after: page.slice(end) };
  const name = path.relative(ROOT, PAGE);
  throw new Error(`${name} lacks the markers of the table; --write needs these two lines in it:\n${BEGIN}\n${END}`);
}

/** Writes the table and the facts of the machine; returns the page's path. */
export function writeTable({ before, after }, rows, implementations, rounds) {
  const text = `\n\n${facts(implementations, rounds)}\n\n${markdownTable(rows, implementations)}\n\n`;
  mkdirSync(path.dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, before + text + after);
  return path.relative(ROOT, PAGE);
}
