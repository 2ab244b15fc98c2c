// The rules that a machine can check: layers, sizes, opening comments, tags of specs.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findSpecs, TAGS, tagsOf } from "../../scripts/specs.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const MOST_LINES = 600;

function files(folder, extension) {
  const entries = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)));
}

const read = (file) => readFileSync(path.join(root, file), "utf8");
const code = (file) => read(file).replace(/\/\/.*$/gm, "");

/** Node's half: the assembly and the rooms' own halves. */
const isNodes = (file) => file.split(path.sep).includes("node");

function mentions(rust, words) {
  return rust.flatMap((file) => {
    const found = words.filter((word) => new RegExp(`\\b${word}\\b`).test(code(file)));
    return found.map((word) => `${file}: ${word}`);
  });
}

describe("the floors", () => {
  const rust = files("src", ".rs");

  test("Node's half knows no V8", () => {
    assert.deepEqual(mentions(rust.filter(isNodes), ["v8", "deno_core"]), []);
  });

  test("the worker's half knows no N-API", () => {
    assert.deepEqual(
      mentions(
        rust.filter((file) => !isNodes(file)),
        ["napi_sys"],
      ),
      [],
    );
  });

  test("store and sqlite know neither", () => {
    const words = ["v8", "deno_core", "napi_sys", "worker", "realm"];
    assert.deepEqual(mentions([...files("src/store", ".rs"), ...files("src/sqlite", ".rs")], words), []);
  });
});

describe("source files", () => {
  const all = [
    ...files("src", ".rs"),
    ...files("src", ".js"),
    ...files("src", ".ts"),
    ...files("scripts", ".mjs"),
    ...files("benchmark", ".mjs"),
  ];
  const sources = all.filter((file) => !file.includes("node_modules") && !file.includes(".peers"));

  test("can be read at a sitting", () => {
    const long = sources.filter((file) => read(file).split("\n").length > MOST_LINES);
    assert.deepEqual(long, []);
  });

  test("open with the idea that lives in them", () => {
    const silent = sources.filter((file) => !/^("use strict";\n)?(#!.*\n)?\/\//.test(read(file)));
    assert.deepEqual(silent, []);
  });

  test("have their types checked", () => {
    const unchecked = sources.filter((file) => file.endsWith(".ts") && read(file).includes("@ts-" + "nocheck"));
    assert.deepEqual(unchecked, []);
  });

  test("say nothing of where they were made", () => {
    const words = ["/" + "work/", "registry" + ".npmjs", "static.crates" + ".io"];
    const found = sources.filter((file) => words.some((word) => read(file).includes(word)));
    assert.deepEqual(found, []);
  });
});

describe("spec files", () => {
  const specs = findSpecs();
  const SAYING = /^import \{[^}]*\b(differs|isOracle)\b[^}]*\} from "\.\.\/support\/miniflare\.mjs";$/m;

  test("name known tags, each once, in their first line", () => {
    const lines = specs.flatMap((file) =>
      read(file)
        .split("\n")
        .map((line, index) => ({ file, line, index }))
        .filter(({ line }) => /^\/\/\s*tags?:/i.test(line)),
    );
    assert.ok(lines.length > 0);
    const isRight = ({ file, line, index }) => {
      const known = Object.keys(TAGS).filter((tag) => tagsOf(file).includes(tag));
      return index === 0 && line === `// Tags: ${known.join(", ")}`;
    };
    assert.deepEqual(
      lines.filter((line) => !isRight(line)),
      [],
    );
  });

  test("that say what differs on Miniflare 2 have the tag `oracle`", () => {
    const saying = specs.filter((file) => SAYING.test(read(file)));
    assert.ok(saying.length > 0);
    assert.deepEqual(
      saying.filter((file) => !tagsOf(file).includes("oracle")),
      [],
    );
  });
});
