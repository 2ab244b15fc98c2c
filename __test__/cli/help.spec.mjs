// Tags: oracle
// Help and version of the command: what they say, where, and how they look at 80 columns and in a pipe.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "../support/child.mjs";
import { commands, environment, runCommand } from "../support/command.mjs";
import { differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours
const plain = (text) => text.replace(/\x1b\[\d+m/g, "");

describe("--help", differs("it prints the help to standard error, without columns in a pipe"), () => {
  for (const args of [["--help"], ["-h"], ["-hv"], ["-v", "--help"], ["worker.mjs", "-wh"]]) {
    test(`prints the help to standard output: ${args.join(" ")}`, async (t) => {
      const { code, stdout, stderr } = await runCommand(t, args);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      assert.match(stdout, /^Usage: miniflare \[script\] \[options\]\n\nCore Options:\n -h, --help {14}Show help/);
    });
  }

  test("fits 80 columns in a pipe", async (t) => {
    const { stdout } = await runCommand(t, ["--help"]);
    const lines = stdout.split("\n");
    assert.ok(lines.length > 80, stdout);
    assert.deepEqual(
      lines.filter((line) => line.length > 80),
      [],
    );
    assert.ok(lines.filter((line) => /\]$/.test(line) && line.length === 80).length > 60, stdout);
  });

  test("says what Miniflare 2's says at 80 columns, and then its own options", async (t) => {
    const { PLUGINS } = require("miniflare");
    const { buildHelp } = require("@miniflare/cli-parser");
    const theirs = plain(buildHelp(PLUGINS, "miniflare", 80));
    const { stdout } = await runCommand(t, ["--help"]);
    assert.ok(stdout.startsWith(`${theirs}\n\n`), stdout);
    const own = stdout.slice(theirs.length);
    for (const flag of ["--cpu-limit", "--heap-limit", "--subrequest-limit", "--durability", "--fetch-ca"]) {
      assert.ok(own.includes(flag), `${flag} is missing in ${own}`);
    }
  });

  for (const columns of [60, 80, 100, 1000]) {
    test(`is laid out as Miniflare 2's at ${columns} columns`, () => {
      const { PLUGINS } = require("miniflare");
      const { buildHelp } = require("@miniflare/cli-parser");
      const { helpText, sections } = require("../../lib/node/internals.js");
      const theirs = plain(buildHelp(PLUGINS, "mf", columns));
      assert.ok(plain(helpText(sections(), "mf", columns)).startsWith(`${theirs}\n\n`));
    });
  }

  test("names the command as MINIFLARE_EXEC_NAME says", async (t) => {
    const { stdout } = await runCommand(t, ["--help"], { env: { MINIFLARE_EXEC_NAME: "npx mf" } });
    assert.match(stdout, /^Usage: npx mf \[script\]/);
    const { stderr } = await runCommand(t, ["--no-such"], { env: { MINIFLARE_EXEC_NAME: "npx mf" } });
    assert.match(stderr, /Run "npx mf --help"/);
  });

  test("can be read by a program that reads only its beginning", async () => {
    const line = `"${process.execPath}" "${commands.own[0]}" --help | head -n 1`;
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", line], {
      env: environment({ NO_COLOR: "1" }),
      timeout: 20_000,
    });
    assert.deepEqual({ stdout, stderr }, { stdout: "Usage: miniflare [script] [options]\n", stderr: "" });
  });

  test("has colours only where they are wanted", async (t) => {
    const coloured = await runCommand(t, ["--help"], { env: { NO_COLOR: undefined, FORCE_COLOR: "1" } });
    assert.ok(coloured.stdout.startsWith("\x1b[1mUsage:\x1b[22m"), coloured.stdout.slice(0, 40));
    const piped = await runCommand(t, ["--help"], { env: { NO_COLOR: undefined } });
    assert.ok(!piped.stdout.includes("\x1b"));
    const refused = await runCommand(t, ["--help"], { env: { FORCE_COLOR: "1" } });
    assert.ok(!refused.stdout.includes("\x1b"));
  });
});

describe("--version", differs("it prints the version to standard error"), () => {
  for (const args of [["--version"], ["-v"], ["-wv"], ["--port", "abc", "-v"]]) {
    test(`prints the version to standard output: ${args.join(" ")}`, async (t) => {
      const { code, stdout, stderr } = await runCommand(t, args);
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `${version}\n`, stderr: "" });
    });
  }
});
