// `node scripts/protocol.mjs`: the numbers and tags that the two realms and Rust share, `src/protocol.json`, written out for
// each language. Rust gets those that it uses, so that one of JavaScript's alone costs no
// compilation.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { source } from "./sources.mjs";
import { main } from "./steps.mjs";

const WIDTH = 120;
const NOTE = "Written by `node scripts/protocol.mjs` from `protocol.json`: change that one.";

/** The files that are made of a table, with their texts. */
export function protocolFiles() {
  const groups = JSON.parse(readFileSync(path.join(source, "protocol.json"), "utf8"));
  return [
    [path.join(source, "protocol.ts"), typeScript(groups)],
    [path.join(source, "protocol.rs"), rust(groups)],
  ];
}

/** Writes the files; those that are as they should be keep their time, by which cargo knows them. */
export function writeProtocol() {
  const changed = protocolFiles().filter(([file, text]) => !existsSync(file) || readFileSync(file, "utf8") !== text);
  for (const [file, text] of changed) writeFileSync(file, text);
  return changed.length === 0 ? "unchanged" : changed.map(([file]) => path.relative(source, file)).join(", ");
}

function typeScript(groups) {
  return [
    "// What the halves of this package say to each other by numbers and tags.",
    `// ${NOTE}`,
    ...groups.flatMap(typeScriptGroup),
    "",
  ].join("\n");
}

function typeScriptGroup({ name, about, values }) {
  const lines = Object.entries(values).map(([key, value]) => `  ${key}: ${JSON.stringify(value)},`);
  return ["", ...comment(about, "// "), `export const ${name} = {`, ...lines, "} as const;"];
}

function rust(groups) {
  const shared = groups.filter((group) => group.rust !== undefined);
  return [
    "//! What the halves of this package say to each other by numbers and tags, as far as Rust does.",
    `//! ${NOTE}`,
    ...shared.flatMap(rustGroup),
    "",
  ].join("\n");
}

function rustGroup({ name, about, values, rust: { type, names } }) {
  const lines = names.map((key) => `    pub const ${key}: ${type} = ${rustValue(values[key], type)};`);
  return ["", ...comment(about, "/// "), `pub mod ${name.toLowerCase()} {`, ...lines, "}"];
}

const rustValue = (value, type) => (type === "f64" ? value.toFixed(1) : JSON.stringify(value));

function comment(text, begin) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trim();
    if (begin.length + line.length <= WIDTH) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.map((line) => begin + line);
}

main(import.meta.url, writeProtocol);
