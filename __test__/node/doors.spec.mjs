// Tags: every-node
// The doors of the package: what CommonJS gets, ES modules get, and the types declare it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import * as esm from "../../index.mjs";

const require = createRequire(import.meta.url);
const cjs = require("../../index.js");
const types = readFileSync(new URL("../../index.d.ts", import.meta.url), "utf8");

const byName = (exported) => Object.entries(exported).sort(([a], [b]) => (a < b ? -1 : 1));
const declared = [...types.matchAll(/^export (?:class|enum|function|const) (\w+)/gm)].map(([, name]) => name);

describe("the doors", () => {
  test("give ES modules what CommonJS gets, and that itself as the default", () => {
    const { default: whole, ...named } = esm;
    assert.equal(whole, cjs);
    assert.deepEqual(Object.keys(named).sort(), Object.keys(cjs).sort());
    for (const [name, value] of byName(named)) assert.equal(value, cjs[name], name);
  });

  test("have a declaration for every name", () => {
    assert.deepEqual(
      Object.keys(cjs).filter((name) => !declared.includes(name)),
      [],
    );
  });

  test("have every name that is declared", () => {
    assert.ok(declared.length > 0);
    assert.deepEqual(
      declared.filter((name) => cjs[name] === undefined),
      [],
    );
  });

  test("have the names that they are exported by", () => {
    const named = byName(cjs).filter(([, value]) => typeof value === "function");
    assert.ok(named.length > 10);
    for (const [name, value] of named) assert.equal(value.name, name);
  });
});

/** The sub-paths in the place of Miniflare 2's packages. */
const SUB_PATHS = [
  ..."core shared storage-memory storage-file storage-redis kv r2 d1 queues sites cache durable-objects".split(" "),
  ..."html-rewriter web-sockets http-server cloudflare-test cloudflare-workers cloudflare-email".split(" "),
];

for (const name of SUB_PATHS) {
  describe(`the doors of miniflare-rs/${name}`, async () => {
    const whole = require(`miniflare-rs/${name}`);
    const { default: fallback, ...named } = await import(`miniflare-rs/${name}`);
    const source = readFileSync(new URL(`../../types/${name}.d.ts`, import.meta.url), "utf8");
    const index = name === "core" ? declared : [];
    const exported = [...source.matchAll(/^export (?:class|enum|function|const) (\w+)/gm)].map(([, one]) => one);
    const passedOn = [...source.matchAll(/^export \{ ([^}]+) \} from/gm)].flatMap(([, list]) => list.split(", "));
    const types = [...new Set([...index, ...exported, ...passedOn])].sort();

    test("give ES modules what CommonJS gets, and that itself as the default", () => {
      assert.equal(fallback, whole);
      assert.deepEqual(Object.keys(named).sort(), Object.keys(whole).sort());
      for (const [key, value] of byName(named)) assert.equal(value, whole[key], key);
    });

    test("have the names that are declared", () => {
      assert.deepEqual(Object.keys(whole).sort(), types);
    });

    test("have the names that they are exported by", () => {
      for (const [key, value] of byName(whole)) if (typeof value === "function") assert.equal(value.name, key);
    });
  });
}

test("the doors share what they have in common", () => {
  const core = require("miniflare-rs/core");
  for (const [name, value] of Object.entries(cjs)) assert.equal(core[name], value, name);
  for (const name of SUB_PATHS) {
    for (const [key, value] of Object.entries(require(`miniflare-rs/${name}`))) {
      if (key in core) assert.equal(value, core[key], `${name}: ${key}`);
    }
  }
});

describe("the declared methods", () => {
  const body = /^export class Miniflare extends EventTarget \{\n([\s\S]*?)^\}/m.exec(types)[1];
  const methods = [...body.matchAll(/^ {2}(\w+)(?:<[^(]*>)?\(/gm)].map(([, name]) => name);

  test("are those of the class", () => {
    assert.ok(methods.includes("dispatchFetch"), methods.join());
    for (const name of methods) assert.equal(typeof cjs.Miniflare.prototype[name], "function", name);
    const readable = [...body.matchAll(/^ {2}readonly (\w+):/gm)].map(([, name]) => name);
    const own = Object.getOwnPropertyNames(cjs.Miniflare.prototype);
    assert.deepEqual(
      own.filter((name) => !methods.includes(name) && !readable.includes(name)),
      [],
    );
  });
});
