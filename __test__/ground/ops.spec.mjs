// The types of the ops are those of their signatures in Rust.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { opsOf, opTypes } from "../../scripts/op-types.mjs";

const types = fileURLToPath(new URL("../../src/ops.d.ts", import.meta.url));

/** The declarations of the ops in a text of Rust. */
const declared = (rust) => opsOf(rust).map(({ text }) => text);

describe("the types of the ops", () => {
  test("are current", () => {
    assert.equal(readFileSync(types, "utf8"), opTypes(), "run `node scripts/op-types.mjs`");
  });

  for (const [name, rust, expected] of [
    [
      "take what the realm gives an op out of its parameters",
      "#[op2(fast)]\npub fn op_a(scope: &mut v8::PinScope, state: &mut OpState, #[string] text: &str, #[smi] count: u32) {\n}",
      "export function op_a(text: string, count: number): void;",
    ],
    [
      "leave errors out of results",
      "#[op2]\n#[string]\npub fn op_a(flag: bool) -> Result<String, JsErrorBox> {\n}",
      "export function op_a(flag: boolean): string;",
    ],
    [
      "make promises of asynchronous ops",
      "#[op2]\n#[serde]\npub async fn op_a(state: Rc<RefCell<OpState>>) -> Result<Vec<String>, Failure> {\n}",
      "export function op_a(): Promise<string[]>;",
    ],
    [
      "know objects that Rust owns by their names there",
      "#[op2]\n#[cppgc]\npub fn op_a(#[cppgc] open: &Open) -> Option<Open> {\n}",
      'export function op_a(open: Native<"Open">): Native<"Open"> | null;',
    ],
    [
      "take those of V8's values from the documentation",
      "/// Adds.\n///\n/// @param {string[]} the_keys\n/// @returns {WireValue}\n#[op2]\npub fn op_a<'s, 'i>(\n    scope: &mut v8::PinScope<'s, 'i>,\n    the_keys: v8::Local<'s, v8::Array>,\n    value: v8::Local<'s, v8::Value>,\n) -> v8::Local<'s, v8::Value> {\n}",
      "export function op_a(theKeys: string[], value: unknown): WireValue;",
    ],
  ]) {
    test(name, () => {
      assert.deepEqual(declared(rust), [expected]);
    });
  }
});
