// Tags: oracle
// The binding between Node and Rust: what is exported is typed, cannot unwind into Node, and frees what it was given.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { differs } from "../support/miniflare.mjs";
import { root, runScript } from "../support/child.mjs";
import { addon, platformFolder } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { bindingTypes } from "../../scripts/binding-types.mjs";

const test = within(120_000);
const require = createRequire(import.meta.url);
const source = path.join(root, "src");
const files = readdirSync(source, { recursive: true }).filter((file) => file.endsWith(".rs"));
const rust = files.map((file) => [file, readFileSync(path.join(source, file), "utf8").replace(/^\s*\/\/.*$/gm, "")]);

/** `file: text` of everything that the pattern finds. */
const found = (pattern, sources = rust) =>
  sources.flatMap(([file, text]) => [...text.matchAll(pattern)].map(([match]) => `${file}: ${match}`));

describe("the binding", differs("it has no addon"), () => {
  test("catches panics in every exported function", () => {
    const functions = found(/#\[napi\b[^\n]*\]\s*(?:#\[[^\n]*\]\s*)*(?:pub(?:\([a-z]+\))? )?fn \w+/g);
    assert.ok(functions.length > 40, functions.join("\n"));
    assert.deepEqual(
      functions.filter((text) => !/catch_unwind|module_exports/.test(text)),
      [],
    );
  });

  test("takes environments from napi-rs and from Node, makes none and keeps none", () => {
    // A lent `Env` is the proof of a call: it is neither made nor kept.
    const lent = rust.map(([file, text]) => [
      file,
      text.replace(/^use [^;]+;/gm, "").replaceAll(/&('\w+ )?Env\b/g, ""),
    ]);
    assert.deepEqual(found(/.*\bEnv\b.*/g, lent), []);
    const outside = rust.filter(([file]) => !file.startsWith(path.join("node", "binding")));
    assert.deepEqual(found(/Scope::new|Handle::new|napi_env|napi_value/g, outside), []);
  });

  test("is known to Node's half alone", () => {
    const workers = rust.filter(([file]) => !file.split(path.sep).includes("node"));
    assert.deepEqual(found(/\bnapi\w*::/g, workers), []);
  });

  test("has types that are those of the Rust functions", () => {
    assert.equal(readFileSync(path.join(source, "node/binding/exports.d.ts"), "utf8"), bindingTypes());
  });

  test("has a type for every function, and no other", () => {
    const types = readFileSync(path.join(source, "node/binding/exports.d.ts"), "utf8");
    const typed = [...types.matchAll(/^export function (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(typed.sort(), Object.keys(require(addon)).sort());
  });

  test("throws errors with codes", () => {
    const binding = require(addon);
    const cases = [
      [
        () => binding.openLane({ cpuLimitMs: -1, heapLimitMb: 1, coverage: false, instance: 1, host: 0 }),
        "ERR_INVALID_ARG_VALUE",
      ],
      [() => binding.nextCron("* * *", 0), "ERR_INVALID_ARG_VALUE"],
      [() => binding.clockNow(1), "ERR_NOT_OPEN"],
      [() => binding.writeSnapshot("/nowhere/a", "/nowhere/b", "/nowhere/c"), "ERR_SNAPSHOT"],
      [() => binding.call("lane"), "ERR_INVALID_ARG_VALUE"],
      [() => binding.kvDelete(1, "NAMESPACE"), "StringExpected"],
    ];
    for (const [call, code] of cases) assert.throws(call, { code }, call.toString());
  });

  test("gives the numbers of host functions again once these have been collected", async () => {
    const { code, stdout, stderr } = await runScript(
      `
      import { createRequire } from "node:module";
      import { setImmediate } from "node:timers/promises";
      const binding = createRequire("/")(${JSON.stringify(addon)});
      binding.start();
      const snapshot = ${JSON.stringify(path.join(platformFolder, "snapshot.bin"))};
      const kept = [() => 1, () => 2];
      const numbers = kept.map((host) => binding.setup(host, snapshot));
      let highest = 0;
      for (let round = 0; round < 30; round++) {
        highest = Math.max(highest, binding.setup(() => round, snapshot));
        await setImmediate();
        gc();
      }
      console.log(numbers.join(), highest < 10);`,
      { load: false, nodeArgs: ["--expose-gc"] },
    );
    assert.deepEqual({ code, stdout: stdout.trim() }, { code: 0, stdout: "0,1 true" }, stderr);
  });
});
