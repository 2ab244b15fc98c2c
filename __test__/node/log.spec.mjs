// Tags: every-node
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import internals from "../../lib/node/internals.js";

const { Log, LogLevel, NoOpLog } = internals;
const logModule = createRequire(import.meta.url).resolve("../../lib/node/internals.js");

class LinesLog extends Log {
  lines = [];
  log(line) {
    this.lines.push(line);
  }
}

// The environment decides whether lines have colours.
function linesOf(level, write, options) {
  const log = new LinesLog(level, options);
  write(log);
  return log.lines.map(stripVTControlCharacters);
}

// What the console shows when a script with `log` in scope runs in a process of its own.
function printed(script, env) {
  const code = `const { Log, LogLevel } = require(${JSON.stringify(logModule)});${script}`;
  const { FORCE_COLOR: _forced, NO_COLOR: _refused, NODE_DISABLE_COLORS: _disabled, ...clean } = process.env;
  return execFileSync(process.execPath, ["-e", code], { encoding: "utf8", env: { ...clean, ...env } });
}

function withStack(error, stack) {
  error.stack = stack;
  return error;
}

test("levels have Miniflare 2's numbers, and names by number", () => {
  assert.equal(LogLevel.NONE, 0);
  assert.equal(LogLevel.VERBOSE, 5);
  assert.equal(LogLevel[3], "INFO");
});

test("each level has its prefix", () => {
  const lines = linesOf(LogLevel.VERBOSE, (log) => {
    log.error(withStack(new Error("e"), "Error: e"));
    log.warn("w");
    log.info("i");
    log.debug("d");
    log.verbose("v");
    log.logWithLevel(LogLevel.NONE, "n");
  });
  assert.deepEqual(lines, ["[mf:err] Error: e", "[mf:wrn] w", "[mf:inf] i", "[mf:dbg] d", "[mf:vrb] v", "[mf:] n"]);
});

test("prefix and suffix can be chosen or left out", () => {
  const write = (log) => log.info("x");
  assert.deepEqual(linesOf(LogLevel.INFO, write, { prefix: "p", suffix: "api" }), ["[p:inf:api] x"]);
  assert.deepEqual(linesOf(LogLevel.INFO, write, { prefix: "" }), ["[inf] x"]);
});

test("lines above the level are left out", () => {
  const lines = linesOf(LogLevel.WARN, (log) => {
    log.info("hidden");
    log.warn("shown");
  });
  assert.deepEqual(lines, ["[mf:wrn] shown"]);
  assert.equal(new Log().level, LogLevel.INFO);
});

test("an error is followed by its causes", () => {
  const inner = withStack(new TypeError("inner"), "TypeError: inner\n    at f (a.js:1:1)");
  const outer = withStack(new Error("outer", { cause: inner }), "Error: outer");
  const lines = linesOf(LogLevel.ERROR, (log) => log.error(outer));
  assert.deepEqual(lines, ["[mf:err] Error: outer", "[mf:err] Cause: TypeError: inner\n    at f (a.js:1:1)"]);
});

test("causes and errors without a stack are printed as text", () => {
  const error = withStack(new Error("e", { cause: "because" }), "Error: e");
  assert.deepEqual(
    linesOf(LogLevel.ERROR, (log) => log.error(error)),
    ["[mf:err] Error: e", "[mf:err] because"],
  );
  const bare = withStack(new Error("bare"), undefined);
  assert.deepEqual(
    linesOf(LogLevel.ERROR, (log) => log.error(bare)),
    ["[mf:err] Error: bare"],
  );
});

test("errors that are each other's cause are printed once", () => {
  const a = withStack(new Error("a"), "Error: a");
  const b = withStack(new Error("b", { cause: a }), "Error: b");
  a.cause = b;
  assert.deepEqual(
    linesOf(LogLevel.ERROR, (log) => log.error(a)),
    ["[mf:err] Error: a", "[mf:err] Cause: Error: b"],
  );
});

test("a log below ERROR throws the error instead of losing it", () => {
  const error = new Error("kept");
  assert.throws(() => new Log(LogLevel.NONE).error(error), error);
});

test("NoOpLog prints nothing and throws errors", (t) => {
  const print = t.mock.method(console, "log", () => {});
  const log = new NoOpLog();
  log.info("x");
  log.warn("x");
  const error = new Error("kept");
  assert.throws(() => log.error(error), error);
  assert.equal(print.mock.callCount(), 0);
});

test("lines are coloured when colours are on, and plain when they are off", () => {
  const script = `
    const log = new Log(LogLevel.VERBOSE);
    log.warn("a");
    log.info("b");
    log.debug("c");
    log.verbose("d");`;
  assert.deepEqual(printed(script, { FORCE_COLOR: "1" }).trim().split("\n"), [
    "\x1b[33m[mf:wrn] a\x1b[39m",
    "\x1b[32m[mf:inf] b\x1b[39m",
    "\x1b[90m[mf:dbg] c\x1b[39m",
    "\x1b[2m\x1b[90m[mf:vrb] d\x1b[39m\x1b[22m",
  ]);
  assert.deepEqual(printed(script, {}).trim().split("\n"), ["[mf:wrn] a", "[mf:inf] b", "[mf:dbg] c", "[mf:vrb] d"]);
});

test("stack frames outside the user's files are dimmed", () => {
  const script = `
    const error = new Error("e");
    error.stack = "Error: e\\n    at own (" + process.cwd() + "/a.js:1:1)\\n    at other (node:internal/x:1:1)";
    new Log(LogLevel.ERROR).error(error);`;
  assert.equal(
    printed(script, { FORCE_COLOR: "1" }),
    `\x1b[31m[mf:err] Error: e\n    at own (${process.cwd()}/a.js:1:1)\n` +
      "\x1b[2m    at other (node:internal/x:1:1)\x1b[22m\x1b[39m\n",
  );
});
