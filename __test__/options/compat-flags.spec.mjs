// Tags: every-node
// Compatibility flags that are newer than Miniflare 2: their effects, warnings, and the page that lists them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { evaluate } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, LogLevel } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const { FLAGS, NEWEST, WITHOUT_EFFECT } = createRequire(import.meta.url)("../../lib/node/internals.js");

async function warnings(t, options) {
  const log = new RecordingLog(LogLevel.WARN);
  await create(t, { script: "//", log, ...options }).getBindings();
  return log.having("[mf:wrn] ");
}

/** What a worker returns with the date of a flag, the day before, and by the names of the flag. */
async function states(t, body, flag) {
  const [, off, since] = FLAGS.find(([name]) => name === flag);
  const before = new Date(Date.parse(since) - 1).toISOString().slice(0, 10);
  const given = [
    { compatibilityDate: since },
    { compatibilityDate: before },
    { compatibilityFlags: [flag] },
    { compatibilityDate: since, compatibilityFlags: [off] },
  ];
  return Promise.all(given.map((options) => evaluate(t, body, { modules: true, ...options })));
}

describe("the compatibility flag", () => {
  test("upper_case_all_http_methods gives requests methods in capitals", async (t) => {
    const body = `const method = (method) => new Request("http://x/", { method }).method;
      return [method("patch"), method("get"), method("Custom"), new Request(new Request("http://x/", { method: "patch" })).method];`;
    const upper = ["PATCH", "GET", "CUSTOM", "PATCH"];
    const standard = ["patch", "GET", "Custom", "patch"];
    assert.deepEqual(await states(t, body, "upper_case_all_http_methods"), [upper, standard, upper, standard]);
  });

  test("enable_navigator_language gives workers a language", async (t) => {
    const body = `return [navigator.language ?? null, "language" in navigator];`;
    const [on, off] = [
      ["en", true],
      [null, false],
    ];
    assert.deepEqual(await states(t, body, "enable_navigator_language"), [on, off, on, off]);
  });
});

describe("the log warns of compatibility options", () => {
  test("where the date is in the future, and not where it is today", async (t) => {
    // The day may not change meanwhile.
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
    const today = new Date().toISOString().slice(0, 10);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    assert.deepEqual(await warnings(t, { compatibilityDate: today }), []);
    assert.deepEqual(await warnings(t, { compatibilityDate: tomorrow }), [
      `The compatibility date ${tomorrow} is in the future: today is ${today}. Workers cannot be deployed with it.`,
    ]);
  });

  test("where a flag is unknown, with the nearest name if there is one", async (t) => {
    const compatibilityFlags = ["nodejs_compat", "url_standart", "completely-unlike-any-flag", "no_nodejs_zlib"];
    assert.deepEqual(await warnings(t, { compatibilityFlags }), [
      'Unknown compatibility flag "url_standart". Did you mean "url_standard"?',
      'Unknown compatibility flag "completely-unlike-any-flag".',
    ]);
  });

  test("not where a flag or its opposite is known", async (t) => {
    const compatibilityFlags = [...FLAGS, ...NEWEST, ...WITHOUT_EFFECT].flatMap(([on, off]) =>
      off ? [on, off] : [on],
    );
    assert.deepEqual(await warnings(t, { compatibilityFlags }), []);
  });
});

describe("the page of compatibility flags", () => {
  const page = readFileSync(fileURLToPath(new URL("../../docs/compatibility.md", import.meta.url)), "utf8");
  const [, ...sections] = page.split(/^## /m);

  /** `flag, opposite, date` of each row. */
  function rows(title) {
    const section = sections.find((one) => one.startsWith(title));
    const lines = section.split("\n").filter((line) => line.startsWith("| `"));
    return lines.map((line) =>
      line
        .split("|")
        .slice(1, 4)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
  }
  const listed = (flags) => flags.map(([on, off = "", since = ""]) => [on, off, since]);

  test("has each flag once, in the table of what it does here", () => {
    assert.deepEqual(rows("Flags that are followed"), listed(FLAGS));
    assert.deepEqual(rows("Always the newest"), listed(NEWEST));
    assert.deepEqual(rows("Without an effect"), listed(WITHOUT_EFFECT));
    const names = [...FLAGS, ...NEWEST, ...WITHOUT_EFFECT].flatMap(([on, off]) => (off ? [on, off] : [on]));
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });
});
