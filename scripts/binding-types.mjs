// The types of what the addon exports, `src/node/binding/exports.d.ts`: of napi-rs's functions as its macro writes them down
// while the crate compiles (`.cargo/config.toml` says where), of the others as `raw.d.ts` beside it has them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root, StepError } from "./steps.mjs";

const written = path.join(root, "target/binding-types/miniflare-rs");
/** The environment of a compilation that is not a build: of several at once each begins the file again. */
export const withoutBindingTypes = { NAPI_TYPE_DEF_TMP_FOLDER: path.join(root, "target/binding-types-of-checks") };

const folder = path.join(root, "src/node/binding");
const raw = path.join(folder, "raw.d.ts");
const types = path.join(folder, "exports.d.ts");

const HEAD =
  "// What the addon exports. The build writes this file (`scripts/binding-types.mjs`): change the Rust functions instead.";

/** The text of the file. */
export function bindingTypes() {
  if (!existsSync(written)) {
    throw new StepError(`${path.relative(root, written)} is missing`, "touch build.rs, and build again");
  }
  const items = readFileSync(written, "utf8").trim().split("\n").map(JSON.parse);
  const byName = (a, b) => (a.name < b.name ? -1 : 1);
  const texts = ["interface", "fn"].flatMap((kind) =>
    items
      .filter((item) => item.kind === kind)
      .sort(byName)
      .map(textOf),
  );
  return [
    HEAD,
    readFileSync(raw, "utf8")
      .trim()
      .replace(/^\/\/.*\n+/, ""),
    ...texts,
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

function textOf({ kind, name, js_doc: doc, def }) {
  if (kind === "fn") return `${doc}export ${def};`;
  const fields = def
    .trim()
    .split("\n")
    .map((line) => `  ${line.trim()}${/^[/*]|\*\/$/.test(line.trim()) ? "" : ";"}`);
  return `${doc}export interface ${name} {\n${fields.join("\n")}\n}`;
}

/** Writes the file, if it has changed. */
export function writeBindingTypes() {
  const text = bindingTypes();
  if (existsSync(types) && readFileSync(types, "utf8") === text) return "unchanged";
  writeFileSync(types, text);
  return path.relative(root, types);
}
