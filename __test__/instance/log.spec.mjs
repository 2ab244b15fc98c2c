// Tags: oracle, every-node
// The log of an instance: what is logged while it lives, how lines look, and which levels are heard.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { create, differs, Log, LogLevel } from "../support/miniflare.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const SCRIPT = `export default { fetch: () => new Response("fine") }`;
const padded = (size) => `${SCRIPT}//`.padEnd(size, "x");

function printed(t, act) {
  const mock = t.mock.method(console, "log", () => {});
  act();
  return mock.mock.calls.map(({ arguments: [line] }) => stripVTControlCharacters(line));
}

describe("the log option", () => {
  test("is what mf.log gives back", (t) => {
    const log = new RecordingLog();
    assert.equal(create(t, { script: SCRIPT, log }).log, log);
  });

  test("hears of every reload, after the event, with the size of the script", async (t) => {
    const log = new RecordingLog();
    const mf = create(t, { script: SCRIPT, log });
    mf.addEventListener("reload", () => log.lines.push("event"));
    await mf.getBindings();
    await mf.reload();
    const line = `[mf:inf] Worker reloaded! (${SCRIPT.length}B)`;
    assert.deepEqual(log.having(""), ["event", line, "event", line]);
  });

  for (const [size, shown] of [
    [511, "511B"],
    [512, "0.50KiB"],
    [2048, "2.00KiB"],
    [524_288, "0.50MiB"],
  ]) {
    test(`shows ${size} bytes as ${shown}`, async (t) => {
      const log = new RecordingLog();
      await create(t, { script: padded(size), log }).getBindings();
      assert.deepEqual(log.having("[mf:inf] "), [`Worker reloaded! (${shown})`]);
    });
  }

  test("warns of a script above 1 MiB", async (t) => {
    const log = new RecordingLog();
    await create(t, { script: padded(1_048_577), log }).getBindings();
    assert.deepEqual(log.having("[mf:wrn] "), [
      "Worker's uncompressed size exceeds the 1MiB limit! " +
        "Note that your worker will be compressed during upload so you may still be able to deploy it.",
    ]);
  });

  test("hears details at the level DEBUG", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    await create(t, { script: SCRIPT, log }).getBindings();
    const lines = log.having("[mf:dbg] ");
    assert.ok(lines.includes("Initialising worker..."), lines.join("\n"));
    assert.ok(lines.includes("Reloading worker..."), lines.join("\n"));
  });

  test("hears of the options whenever they are read, at the level DEBUG", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    const modulesRules = [{ type: "Text", include: ["**/*.txt", "**/*.md"] }];
    const bindings = { A: 1, B: 2 };
    const mf = create(t, {
      script: SCRIPT,
      log,
      bindings,
      modulesRules,
      kvNamespaces: ["X", "Y"],
      globalAsyncIO: true,
    });
    await mf.getBindings();
    await mf.setOptions({ bindings: { C: 3 }, kvNamespaces: undefined });
    const lines = log.having("[mf:dbg] ").join("\n");
    const first = [
      "Initialising worker...",
      "Options:",
      "- Modules: true",
      "- Modules Rules: {Text: **/*.txt, **/*.md}",
      "- Allow Global Async I/O: true",
      "- KV Namespaces: X, Y",
      "- Custom Bindings: A, B",
    ];
    const second = [...first.slice(0, 5), "- Custom Bindings: C"];
    for (const part of [first, second]) assert.ok(lines.includes(part.join("\n")), lines);
  });

  test("hears of options by the names they have there, and of no passphrase", async (t) => {
    const log = new RecordingLog(LogLevel.DEBUG);
    const rootPath = folder(t, { ".env": "A=1", "key.pem": "" });
    const [envPath, httpsKeyPath] = [".env", "key.pem"].map((name) => path.join(rootPath, name));
    const options = { httpsPassphrase: "secret", cfFetch: path.resolve("cf.json"), https: false, httpsKeyPath };
    const mf = create(t, { script: SCRIPT, log, rootPath, envPath, ...options, d1Persist: false });
    await mf.getBindings();
    const lines = log.having("[mf:dbg] ").join("\n");
    const expected = [
      "- Modules: true",
      `- Root Path: ${rootPath}`,
      "- HTTPS: false",
      `- HTTPS Key: ${httpsKeyPath}`,
      "- HTTPS Passphrase: **********",
      "- Request cf Object Fetch: cf.json",
      "- D1 Persistence: false",
      `- Env Path: ${path.relative("", envPath)}`,
    ];
    assert.ok(lines.includes(expected.join("\n")), lines);
  });

  test("hears of the end, at the level VERBOSE", async (t) => {
    const log = new RecordingLog(LogLevel.VERBOSE);
    const mf = create(t, { script: SCRIPT, log });
    await mf.getBindings();
    const before = log.having("[mf:vrb] ").length;
    await mf.dispose();
    assert.deepEqual(log.having("[mf:vrb] ").slice(before), [
      "- dispose(DurableObjectsPlugin)",
      "- dispose(WebSocketPlugin)",
      "- dispose(BindingsPlugin)",
    ]);
  });

  for (const [what, thrown, shown] of [
    ["an error", `new RangeError("nobody's")`, /^Unhandled Promise Rejection: RangeError: nobody's\n/],
    ["a value", `5`, /5$/],
  ]) {
    test(
      `hears of ${what} that nobody caught, with logUnhandledRejections`,
      differs("the rejection also reaches the process, and fails the test"),
      async (t) => {
        const log = new RecordingLog(LogLevel.ERROR);
        const heard = new Promise((resolve) => {
          log.error = (error) => {
            RecordingLog.prototype.error.call(log, error);
            resolve();
          };
        });
        const script = `addEventListener("fetch", (event) => {
        Promise.reject(${thrown});
        event.respondWith(new Response("answered"));
      });`;
        const mf = create(t, { script, log, logUnhandledRejections: true });
        assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "answered");
        await heard;
        assert.match(log.having("[mf:err] ")[0], shown);
      },
    );
  }

  test("is silent by default, but does not swallow errors", async (t) => {
    const mf = create(t, { script: SCRIPT });
    const lines = printed(t, () => mf.log.info("unheard"));
    assert.deepEqual(lines, []);
    assert.throws(() => mf.log.error(new Error("must be seen")), { message: "must be seen" });
    await mf.getBindings();
  });
});

describe("Log", () => {
  test("has the levels of Miniflare", () => {
    const { NONE, ERROR, WARN, INFO, DEBUG, VERBOSE } = LogLevel;
    assert.deepEqual([NONE, ERROR, WARN, INFO, DEBUG, VERBOSE], [0, 1, 2, 3, 4, 5]);
    assert.equal(LogLevel[3], "INFO");
    assert.equal(new Log().level, LogLevel.INFO);
  });

  const methods = [
    ["warn", "wrn"],
    ["info", "inf"],
    ["debug", "dbg"],
    ["verbose", "vrb"],
  ];
  for (const [index, [method, short]] of methods.entries()) {
    test(`prints ${method} as ${short} from its level on`, (t) => {
      const level = LogLevel.WARN + index;
      assert.deepEqual(
        printed(t, () => new Log(level)[method]("said")),
        [`[mf:${short}] said`],
      );
      assert.deepEqual(
        printed(t, () => new Log(level - 1)[method]("said")),
        [],
      );
    });
  }

  test("takes a prefix and a suffix", (t) => {
    const log = new Log(LogLevel.INFO, { prefix: "own", suffix: "api" });
    assert.deepEqual(
      printed(t, () => log.info("said")),
      ["[own:inf:api] said"],
    );
  });

  test("prints an error with its stack and its causes", (t) => {
    const error = new Error("outer", { cause: new TypeError("inner") });
    const lines = printed(t, () => new Log(LogLevel.ERROR).error(error)).join("\n");
    assert.match(lines, /^\[mf:err\] Error: outer\n\s+at .*log\.spec\.mjs/);
    assert.match(lines, /Cause: TypeError: inner/);
  });

  test("below ERROR throws the error it cannot show", () => {
    const error = new Error("unseen");
    assert.throws(() => new Log(LogLevel.NONE).error(error), error);
  });
});
