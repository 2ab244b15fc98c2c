// What the two realms and Rust say to each other by numbers and tags has one source.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { protocolFiles } from "../../scripts/protocol.mjs";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const groups = JSON.parse(readFileSync(path.join(source, "protocol.json"), "utf8"));
const files = readdirSync(source, { recursive: true }).filter((file) => /(?<!\.d)\.(?:js|ts|rs)$/.test(file));
const others = files.filter((file) => !file.startsWith("protocol."));
const codeOf = (file) => readFileSync(path.join(source, file), "utf8").replace(/\/\/.*$/gm, "");

/** Places in the sources that a pattern matches, but for the protocol's own files. */
const found = (pattern, within = others) =>
  within.flatMap((file) => [...codeOf(file).matchAll(pattern)].map(([text]) => `${file}: ${text}`));

describe("the protocol", () => {
  for (const [file, text] of protocolFiles()) {
    test(`${path.basename(file)} is what its table says`, () => {
      assert.equal(readFileSync(file, "utf8"), text, "run `node scripts/protocol.mjs`");
    });
  }

  test("means one thing by a number or tag", () => {
    for (const { name, values } of groups) {
      const all = Object.values(values);
      assert.equal(new Set(all).size, all.length, name);
    }
  });

  test("has no unused group", () => {
    const code = others.map(codeOf).join("\n");
    const unused = groups.filter(({ name }) => !new RegExp(`\\b${name}\\.[A-Z]|\\b${name}\\b.*\\bprotocol`).test(code));
    assert.deepEqual(
      unused.filter(({ name }) => !new RegExp(`\\{ [^}]*\\} = ${name};`).test(code)).map(({ name }) => name),
      [],
    );
  });

  test("is defined nowhere else, in JavaScript", () => {
    const names = groups.map(({ name }) => name).join("|");
    assert.deepEqual(found(new RegExp(`\\b(?:const|let) (?:${names}) = [{\\d"]`, "g")), []);
    const values = groups.flatMap(({ values }) => Object.entries(values).map(([key, value]) => `${key} = ${value};`));
    const numbers = new RegExp(`\\bconst (?:${values.join("|")})`, "g");
    assert.deepEqual(found(numbers), []);
  });

  test("is defined nowhere else, in Rust", () => {
    const names = groups
      .filter(({ rust }) => rust !== undefined)
      .flatMap(({ name, rust, values }) => rust.names.map((key) => ({ name, key, value: values[key] })));
    for (const { name, key, value } of names) {
      const literal = typeof value === "string" ? `"${value}"` : `${value}(?:\\.0)?`;
      assert.deepEqual(found(new RegExp(`const (?:${name}_)?${key}: \\S+ = ${literal};`, "g")), []);
    }
  });

  test("has the codes of stores' errors alone", () => {
    const codes = Object.values(groups.find(({ name }) => name === "STORE_ERROR").values);
    const stored = codes.filter((code) => code.startsWith("ERR_STORAGE")).join("|");
    assert.deepEqual(
      found(
        new RegExp(`"(?:${stored})"`, "g"),
        others.filter((file) => file.endsWith(".rs")),
      ),
      [],
    );
  });

  test("has the wire's tags alone, and README.md all of them", () => {
    const tags = groups.find(({ name }) => name === "TAG").values;
    const letters = Object.values(tags).join("");
    const crossing = others.filter((file) => file.startsWith("membrane") || /kinds?\.[jt]s$/.test(file));
    assert.deepEqual(found(new RegExp(`\\[\\s*"[${letters}]"|\\bcase "[${letters}]":`, "g"), crossing), []);
    const text = readFileSync(path.join(source, "membrane/README.md"), "utf8");
    const rows = [...text.matchAll(/^\| `(.)` \| `(\w+)` \|/gm)].map(([, letter, name]) => [name, letter]);
    assert.deepEqual(Object.fromEntries(rows), tags);
  });

  test("has the same kinds of objects in both realms, and README.md all of them", () => {
    const kindsOf = (file) => [...codeOf(file).matchAll(/\bkind: "(\w+)"/g)].map(([, kind]) => kind);
    const rows = others.filter((file) => /kinds\.[jt]s$/.test(file) && !file.startsWith("membrane"));
    const isNodes = (file) => file.split(path.sep).includes("node");
    const inWorker = rows.filter((file) => !isNodes(file)).flatMap(kindsOf);
    const inNode = rows.filter(isNodes).flatMap(kindsOf);
    assert.ok(inWorker.length > 0);
    assert.equal(new Set(inWorker).size, inWorker.length);
    // What Node refuses never crosses.
    assert.deepEqual(inNode.filter((kind) => kind !== "unshared").sort(), inWorker.sort());
    const text = readFileSync(path.join(source, "membrane/README.md"), "utf8");
    const documented = [...text.matchAll(/^\| `(\w{2,})` \|/gm)].map(([, kind]) => kind);
    assert.deepEqual(documented.sort(), inWorker);
  });
});
