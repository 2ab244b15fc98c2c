// Tags: oracle
// The REPL: what is typed is evaluated in the worker's realm and shown as Node shows it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { inspect } from "node:util";
import { runCommand, start } from "../support/command.mjs";
import { folder } from "../support/files.mjs";
import { differs } from "../support/miniflare.mjs";
import { inTerminal } from "../support/terminal.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** What the REPL answers to lines, without prompts. */
async function answers(t, input, args = [], options = {}) {
  const cwd = options.cwd ?? folder(t);
  const { code, stdout, stderr } = await runCommand(t, ["--repl", ...args], {
    ...options,
    cwd,
    input: `${input.join("\n")}\n`,
  });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, stdout);
  const [, ...shown] = stdout.split(/(?:^|\n)(?:> |(?:\.\.\. )+)/);
  // Where a line came before its prompt, some versions of Node show none.
  const lines = stdout
    .split("\n")
    .map((line) => line.replace(/^(?:> )+/, ""))
    .filter((line) => line !== "" && !line.startsWith("[mf:inf]"));
  return { lines, shown: shown.map((text) => text.replace(/^(?:> |\.\.\. |\| )+/, "").trimEnd()), stdout };
}

const typed = async (t, line, ...rest) => (await answers(t, [line], ...rest)).shown[0];

describe("values are shown as Node shows them", () => {
  const VALUES = [
    "1 + 1",
    '"it\'s"',
    "[1, , 3]",
    '({ a: 1, "b-c": [2], f() {} })',
    "new Map([[{ a: 1 }, new Set([1])]])",
    "Symbol('s')",
    "null",
    "undefined",
    "10n",
    "/r/g",
    "(class A {})",
    "(() => {})",
    "async function f() {}",
    "new Uint8Array(3)",
    "new Date(0)",
    "({ a: { b: { c: { d: 1 } } } })",
    "Array.from({ length: 120 }, (_, index) => index)",
    "'x'.repeat(200)",
    "-0",
    "Object.create(null)",
    "new (class Point { x = 1 })",
    "[new Date(NaN)]",
    "({ get a() { return 1; }, set b(x) {} })",
  ];
  for (const text of VALUES) {
    test(text, async (t) => {
      // What Node makes of the same expression; a declaration has no value.
      const value = text.startsWith("async function") ? undefined : new Function(`return ${text}`)();
      assert.equal(await typed(t, text), inspect(value));
    });
  }

  test("promises with their state", differs("Node's own symbols are on them"), async (t) => {
    const { shown } = await answers(t, ["Promise.resolve(1)", "new Promise(() => {})"]);
    assert.deepEqual(shown.slice(0, 2), ["Promise { 1 }", "Promise { <pending> }"]);
  });

  test("an object that begins with a brace", async (t) => {
    const { shown } = await answers(t, ["{ a: 1 }", "{ a: 1 };"]);
    assert.deepEqual(shown.slice(0, 2), ["{ a: 1 }", "1"]);
  });

  test("objects of the worker's own classes", differs("they are Node's classes there"), async (t) => {
    const { shown } = await answers(t, [
      "new Headers({ a: '1' })",
      "new URL('http://localhost/a?b')",
      "[new Headers()]",
    ]);
    assert.match(shown[0], /^Headers \{ a: '1' \}$/);
    assert.match(shown[1], /^URL \{\n {2}href: 'http:\/\/localhost\/a\?b',/);
    assert.match(shown[2], /^\[ Headers \{\} \]$/);
  });
});

describe("the global scope", () => {
  test("is the worker's", async (t) => {
    const { shown } = await answers(t, [
      "typeof process + typeof require + typeof Buffer",
      "typeof caches + typeof HTMLRewriter + typeof FixedLengthStream",
      "this === globalThis && self === globalThis",
      "try { eval('1') } catch (e) { e.name }",
    ]);
    assert.equal(shown[0], "'undefinedundefinedundefined'");
    assert.match(shown[1], /^'object\w+function'$/);
    assert.equal(shown[2], "true");
    assert.equal(shown[3], "'EvalError'");
  });

  test("has the bindings as env", differs("it does not wait for the line before"), async (t) => {
    const input = ['await env.KV.put("key", "value")', 'await env.KV.get("key")', "env.A", "Object.keys(env).sort()"];
    const { shown } = await answers(t, input, ["-k", "KV", "-b", "A=1"]);
    assert.deepEqual(shown.slice(0, 4), ["undefined", "'value'", "'1'", "[ 'A', 'KV' ]"]);
  });

  test("has the globals of a script, and its functions", async (t) => {
    const cwd = folder(t, {
      "worker.js": 'globalThis.GLOBAL = 1; function double(x) { return 2 * x; } addEventListener("fetch", () => {});',
    });
    const { shown } = await answers(t, ["double(21)", "GLOBAL"], ["worker.js"], { cwd });
    assert.deepEqual(shown.slice(0, 2), ["42", "1"]);
  });

  test("keeps what was declared", async (t) => {
    const { shown } = await answers(t, [
      "let a = 1, b",
      "const c = 3",
      "class D {}",
      "function e() { return a }",
      "a = c; e()",
      "D",
    ]);
    assert.deepEqual(shown.slice(4, 6), ["3", "[class D]"]);
  });

  test("may use what is for requests otherwise", differs("it does not wait for the line before"), async (t) => {
    const { lines } = await answers(t, [
      'await caches.default.match("http://localhost/")',
      "await new Promise((resolve) => setTimeout(resolve, 1, 'waited'))",
      "crypto.getRandomValues(new Uint8Array(2)).length",
    ]);
    assert.deepEqual(lines, ["undefined", "'waited'", "2"]);
  });
});

describe("await", () => {
  test("works in expressions and declarations", differs("it does not wait for the line before"), async (t) => {
    const { shown } = await answers(t, [
      "await Promise.resolve(5)",
      "const { x, y: [z] } = await Promise.resolve({ x: 1, y: [2] }), w = 3",
      "[x, z, w]",
      "for (const each of [await 1, 2]) { var last = each }",
      "last",
      "(await Promise.resolve({ a: 7 })).a",
      "async function f() { await 1; return 'f' }",
      "await f()",
      "class E { static v = 1 }; await E.v",
      "E",
      "for await (const each of [Promise.resolve(9)]) { last = each }",
      "last",
    ]);
    assert.equal(shown[0], "5");
    assert.equal(shown[2], "[ 1, 2, 3 ]");
    assert.equal(shown[4], "2");
    assert.equal(shown[5], "7");
    assert.equal(shown[7], "'f'");
    assert.equal(shown[8], "1");
    assert.equal(shown[9], "[class E] { v: 1 }");
    assert.equal(shown[11], "9");
  });

  test("is waited for before the next line that is piped in", differs("it goes on at once"), async (t) => {
    const slow = "await new Promise((resolve) => setTimeout(resolve, 50, 'first'))";
    const { lines } = await answers(t, [slow, "'second'"]);
    assert.deepEqual(lines, ["'first'", "'second'"]);
  });
});

describe("what is not complete goes on in the next line", () => {
  const CASES = [
    [["function f() {", "  return 1", "}", "f()"], "1"],
    [["`a", "b`"], "'a\\nb'"],
    [["[1,", "2]"], "[ 1, 2 ]"],
    [["/* a", "b */ 3"], "3"],
    [["'a\\", "b'"], "'ab'"],
    [["await Promise.resolve(", "4)"], "4"],
  ];
  for (const [input, expected] of CASES) {
    test(input.join(" "), async (t) => {
      const { shown } = await answers(t, input);
      assert.equal(shown.filter((text) => text !== "" && text !== "undefined").at(0), expected, JSON.stringify(shown));
    });
  }
});

describe("errors", () => {
  test("are shown with their place", differs("some frames are Node's"), async (t) => {
    const { stdout } = await answers(t, ["throw new TypeError('wrong')", "nope", "function f() { null.x }", "f()"]);
    assert.match(stdout, /> Uncaught TypeError: wrong\n {4}at REPL1:1:7\n> /);
    assert.match(stdout, /> Uncaught ReferenceError: nope is not defined\n {4}at REPL2:1:1\n> /);
    assert.match(stdout, /> Uncaught TypeError: Cannot read prop.*\n {4}at f \(REPL3:1:\d+\)\n {4}at REPL4:1:1\n> /);
  });

  test("of syntax point at it", async (t) => {
    assert.match((await answers(t, ["let 1"])).stdout, /> let 1\n {4}\^\n\nUncaught SyntaxError: /);
  });

  test("as values are shown without frames of the runtime", differs("some frames are Node's"), async (t) => {
    assert.equal(await typed(t, "new Error('value')"), "Error: value\n    at REPL1:1:1");
  });

  test("are remembered as _error, and values as _", differs("its global scope has neither"), async (t) => {
    const { shown } = await answers(t, [
      "40 + 1",
      "_ + 1",
      "throw new Error('e')",
      "_error.message",
      "throw 7",
      "_error",
    ]);
    assert.deepEqual([shown[1], shown[3], shown[5]], ["42", "'e'", "7"]);
    assert.equal(shown[4], "Uncaught 7");
  });

  test("of promises that are awaited are shown", async (t) => {
    assert.match(await typed(t, "await Promise.reject(new Error('rejected'))"), /^Uncaught Error: rejected/);
  });
});

describe("modes", () => {
  const line = "(function () { return this === undefined })()";

  test("MINIFLARE_REPL_MODE=strict evaluates in strict mode", async (t) => {
    assert.equal(await typed(t, line, [], { env: { MINIFLARE_REPL_MODE: " Strict " } }), "true");
    assert.equal(await typed(t, line), "false");
  });
});

describe("limits", differs("it has none"), () => {
  test("stop a loop, and the worker begins again", async (t) => {
    const { shown } = await answers(
      t,
      ["globalThis.kept = 1", "while (true) {}", "typeof kept"],
      ["--cpu-limit", "50"],
    );
    assert.match(shown[1], /^Uncaught .*ERR_CPU_LIMIT.*\nThe worker begins again, with a new global scope\.$/);
    assert.equal(shown[2], "[mf:inf] Worker reloaded!\n'undefined'");
  });
});

describe("in a terminal", differs("it is Node's own there"), () => {
  /** The REPL in a terminal, with a history of its own. */
  function terminal(t, args = []) {
    const cwd = folder(t);
    const env = { MINIFLARE_REPL_HISTORY: path.join(cwd, "history") };
    return { cwd, ...inTerminal(t, ["--repl", ...args], { cwd, env }) };
  }

  test("completes names and members", async (t) => {
    const { type, until, clear } = terminal(t, ["-k", "NAMESPACE"]);
    await until(/> $/);
    type("const declared = { alpha: { beta: 1 } }\r");
    await until(/undefined\s+> $/);
    for (const [keys, expected] of [
      ["env.NA\t", /env\.NAMESPACE/],
      ["decla\t", /declared/],
      ["declared.al\t", /declared\.alpha/],
      ["declared.alpha?.be\t", /declared\.alpha\?\.beta/],
      ["crypto.subtle.diges\t", /crypto\.subtle\.digest/],
      [".hel\t", /\.help/],
    ]) {
      clear();
      type(keys);
      await until(expected);
      clear();
      type("\x15");
      await until(/> $/);
    }
    clear();
    type("env.NAMESPACE.ge\t");
    await until(/env\.NAMESPACE\.get/);
    type("\t");
    await until(/env\.NAMESPACE\.get\s+env\.NAMESPACE\.getWithMetadata/);
  });

  test("has colours and keeps a history", async (t) => {
    const { type, until, ended, cwd } = terminal(t);
    await until(/> $/);
    type("'coloured'\r");
    const screen = await until(/'coloured'\s+'coloured'\s+> $/);
    assert.ok(screen.includes("\x1b[32m'coloured'\x1b[39m"), JSON.stringify(screen));
    type(".exit\r");
    assert.equal((await ended).code, 0);
    assert.equal(fs.readFileSync(path.join(cwd, "history"), "utf8").trim().split("\n").at(-1), "'coloured'");
  });

  test("stops waiting for a promise with Ctrl+C", async (t) => {
    const { type, until } = terminal(t);
    await until(/> $/);
    type("console.log('wai' + 'ting'); await new Promise(() => {})\r");
    await until(/waiting/);
    type("\x03");
    await until(/Uncaught Error: Waiting for the result was interrupted by Ctrl\+C/);
    type("'goes ' + 'on'\r");
    await until(/'goes on'/);
  });
});

describe("mf.startREPL()", differs("its end is that of the process"), () => {
  test("starts one from the API, and the instance goes on after it", async (t) => {
    const source = `import { Miniflare } from ${JSON.stringify(new URL("../../index.mjs", import.meta.url).href)};
      const mf = new Miniflare({ modules: true, script: "export default { fetch: () => new Response('fine') }", bindings: { A: 1 } });
      await mf.startREPL();
      process.stdin.on("end", async () => {
        console.log(await (await mf.dispatchFetch("http://localhost/")).text());
        await mf.dispose();
      });`;
    const { ended } = start(t, ["--input-type=module", "--eval", source], { command: [], input: "env.A + 1\n" });
    const { code, stdout } = await ended;
    assert.equal(code, 0);
    assert.match(stdout, /> 2\n> .*fine\n/);
  });
});
