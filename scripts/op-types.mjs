// `node scripts/op-types.mjs`: the types of the ops, as the worker's half imports them from `ext:core/ops`, by their
// signatures in Rust. What crosses as a value of V8's has the type that the op's documentation gives it, as JSDoc does:
// `@param {string[]} keys`, `@returns {WireValue}`; otherwise it is unknown.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { source } from "./sources.mjs";
import { main, StepError } from "./steps.mjs";

const file = path.join(source, "ops.d.ts");

const HEAD = `// The ops that the worker's half imports from \`ext:core/ops\`.
// Written by \`node scripts/op-types.mjs\` from the signatures in Rust: change those.

import type { Content, WireValue } from "./wire.ts";

/** An object that Rust owns, by the name of its type there. */
export type Native<Name extends string> = object & { readonly __native?: Name };
`;

/** Ops of upstream's, and one that is not written with `op2`. */
const UPSTREAM = `
export function op_late(name: string): [op: (...args: unknown[]) => unknown, isAsync: boolean];
export function op_set_wasm_streaming_callback(callback: (source: unknown, rid: number) => void): void;
export function op_wasm_streaming_feed(rid: number, bytes: Uint8Array): void;
export function op_wasm_streaming_set_url(rid: number, url: string): void;
`;

/** An op: its documentation, attributes, whether it is asynchronous, name, parameters and result. */
const OP =
  /((?:^ *\/\/\/.*\n)*)^ *#\[op2(?:\([^\n]*\))?\]\n((?: *#\[[^\n]*\]\n)*) *(?:pub(?:\([^)]*\))? )?(async )?fn (op_\w+)(?:<[^>]*>)?\(([\s\S]*?)\)(?: -> ([^{]*?))? \{\n/gm;

const NUMBERS = new Set(["u8", "u16", "u32", "i32", "f64", "usize", "ResourceId"]);

/** What the realm gives an op beside its arguments. */
const isOfRealm = (type) => /\bOpState\b|PinScope/.test(type);

/** Parts of a list in Rust. */
function split(list) {
  const parts = [""];
  let depth = 0;
  for (const character of list.replace(/->/g, "=>")) {
    if ("<([".includes(character)) depth++;
    if (">)]".includes(character) && !parts.at(-1).endsWith("=")) depth--;
    if (character === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

const attributeOf = (text) => /#\[(\w+)/.exec(text)?.[1];

/** The type of a value, by its attribute and its type in Rust; undefined if these do not tell. */
function typeOf(attribute, rust, isResult) {
  const option = /^Option<(.*)>$/.exec(rust);
  if (option !== null) {
    const inner = typeOf(attribute, option[1], isResult) ?? "unknown";
    return inner === "unknown" ? inner : `${inner} | ${isResult ? "null" : "null | undefined"}`;
  }
  if (attribute === "string" || rust === "Uuid" || rust === "ByteString") return "string";
  if (attribute === "bigint") return "bigint";
  if (attribute === "cppgc") return `Native<"${/\w+$/.exec(rust)[0]}">`;
  if (attribute === "buffer")
    return rust.includes("[u32]") ? "Uint32Array" : isResult ? "Uint8Array<ArrayBuffer>" : "Uint8Array";
  if (attribute === "serde") return rust === "Vec<String>" || rust === "Vec<&'static str>" ? "string[]" : undefined;
  if (rust === "bool") return "boolean";
  if (NUMBERS.has(rust)) return "number";
  if (rust === "Value") return "WireValue";
  if (rust === "Uint8Array") return "Uint8Array<ArrayBuffer>";
  if (rust === "()") return "void";
  const local = /^v8::Local<.*v8::(\w+)>$/.exec(rust)?.[1];
  return { Array: "unknown[]", Object: "object", Function: "(...args: never[]) => unknown" }[local];
}

/** What JSDoc in the documentation says: types by the names of parameters, and that of the result. */
function documented(doc) {
  const given = new Map();
  for (const [, type, name] of doc.matchAll(/@param \{(.*)\} (\w+)/g)) given.set(name, type);
  for (const [, type] of doc.matchAll(/@returns \{(.*)\}/g)) given.set("returns", type);
  return given;
}

const camelCase = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function opType([, doc, attributes, isAsync, name, list, result]) {
  const given = documented(doc);
  const params = split(list.replace(/\n\s*/g, " "))
    .map((param) => /^((?:#\[.*?\] )?)(?:mut )?(\w+): (.*)$/.exec(param))
    .filter(([, , , type]) => !isOfRealm(type))
    .map(
      ([, attribute, key, type]) =>
        `${camelCase(key)}: ${given.get(key) ?? typeOf(attributeOf(attribute), type.replaceAll("=>", "->"), false) ?? "unknown"}`,
    );
  const unwrapped = result?.trim().replace(/^impl Future<Output = (.*)> \+ use<.*>$/, "$1") ?? "()";
  const value = unwrapped.replace(/^Result<(.*?)(?:, \w+)?>$/, "$1");
  const own = given.get("returns") ?? typeOf(attributeOf(attributes), value, true) ?? "unknown";
  const returned = isAsync || result?.startsWith("impl Future") ? `Promise<${own}>` : own;
  return { name, text: `export function ${name}(${params.join(", ")}): ${returned};` };
}

/** The ops that a text of Rust defines: `{ name, text }`, the declaration. */
export function opsOf(text) {
  const ops = [...text.matchAll(OP)].map(opType);
  // Methods of objects that Rust owns are not called by name.
  const count = text.match(/^ *#\[op2\b.*\n(?! *impl\b)/gm)?.length ?? 0;
  if (ops.length === count) return ops;
  throw new StepError(
    `${count} ops are defined, and ${ops.length} of them were understood`,
    "see OP in scripts/op-types.mjs",
  );
}

/** The text of the file. */
export function opTypes() {
  const rust = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".rs"));
  const ops = rust.flatMap((name) => opsOf(readFileSync(path.join(source, name), "utf8")));
  const lines = ops.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ text }) => text);
  return `${HEAD}\n${lines.join("\n")}\n${UPSTREAM}`;
}

/** Writes the file, if it has changed. */
export function writeOpTypes() {
  const text = opTypes();
  if (existsSync(file) && readFileSync(file, "utf8") === text) return "unchanged";
  writeFileSync(file, text);
  return path.relative(source, file);
}

main(import.meta.url, writeOpTypes);
