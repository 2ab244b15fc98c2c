// The documents: their links lead somewhere, and the options they name exist, in the checks and in the types.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { VERSIONS } from "../../scripts/nodes.mjs";
import { validateOptions } from "../../src/node/options/options.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file) => readFileSync(path.join(root, file), "utf8");

// What is installed, built or measured here is not the repository's.
const FOREIGN = new Set(["node_modules", "target", "dist", ".git", ".peers"]);

function documents(folder = "") {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : documents(file);
    return entry.name.endsWith(".md") ? [file] : [];
  });
}

const prose = (text) => text.replace(/^```[\s\S]*?^```/gm, "");

function links(file) {
  const targets = [...prose(read(file)).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target);
  return targets.filter((target) => !/^[a-z]+:/i.test(target));
}

/** The anchors that a page has, by the rule that GitHub and npm make them with. */
function anchors(file) {
  const headings = [...prose(read(file)).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function leadsNowhere(from, link) {
  const [page, anchor] = link.split("#");
  const target = page === "" ? from : path.join(path.dirname(from), page);
  if (!existsSync(path.join(root, target))) return true;
  return anchor !== undefined && !anchors(target).includes(anchor);
}

describe("links of documents", () => {
  const files = documents();

  test("are looked for in the README and below docs", () => {
    for (const file of ["README.md", "ARCHITECTURE.md", path.join("docs", "api.md")])
      assert.ok(files.includes(file), file);
    assert.ok(links("README.md").length > 0);
  });

  for (const file of files) {
    test(`lead to files and headings that exist: ${file}`, () => {
      assert.deepEqual(
        links(file).filter((link) => leadsNowhere(file, link)),
        [],
      );
    });
  }
});

describe("options", () => {
  const documented = [...read("docs/options.md").matchAll(/^## (\w+)$/gm)].map(([, name]) => name).sort();
  const [, declared] = /^export interface MiniflareOptions \{\n([\s\S]*?)^\}/m.exec(read("index.d.ts"));

  test("that are documented are checked", () => {
    assert.ok(documented.includes("script"), documented.join());
    for (const name of documented) {
      const wrong = () => validateOptions({ [name]: Symbol("of no type that an option has") });
      assert.throws(wrong, { code: "ERR_INVALID_OPTION" }, `options.js does not know "${name}"`);
    }
  });

  test("that are documented are those that are declared", () => {
    assert.deepEqual([...declared.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name).sort(), documented);
  });
});

describe("methods", () => {
  test("that are declared are documented", () => {
    const [, body] = /^export class Miniflare extends EventTarget \{\n([\s\S]*?)^\}/m.exec(read("index.d.ts"));
    const names = [...body.matchAll(/^ {2}(\w+)(?:<[^(]*>)?\(/gm)].map(([, name]) => name);
    const page = read("docs/api.md");
    const isDocumented = (name) =>
      page.includes(`## ${name}(`) || page.includes(`\`${name}(`) || page.includes(`\`${name}\``);
    assert.deepEqual(
      names.filter((name) => name !== "constructor" && !isDocumented(name)),
      [],
    );
  });
});

describe("README.md", () => {
  test("names the versions of Node that the specs run on", () => {
    const lines = VERSIONS.map((version) => version.split(".")[0]);
    const expected = `Node ${lines.slice(0, -1).join(", ")} and ${lines.at(-1)}`;
    const found = read("README.md")
      .match(/Node \d+, [\d\s,]+ and \d+/g)
      .map((text) => text.replace(/\s+/g, " "));
    assert.ok(found.length > 0);
    assert.deepEqual([...new Set(found)], [expected]);
  });
});
