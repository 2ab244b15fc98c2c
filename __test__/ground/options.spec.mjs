// Tags: oracle
// The one table of options: it says what Miniflare 2's own says, what the documents and the types say, and no other file knows
// the options of a room.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { differs } from "../support/miniflare.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(import.meta.url);
const internals = require("../../lib/node/internals.js");
const { GROUPS, isKnownFormat, OPTIONS, OptionsError, optionsOfPlugins, titleOf, validateOptions } = internals;
const { roomOptions: rooms } = internals;

const read = (file) => readFileSync(path.join(root, file), "utf8");
const rows = GROUPS.flatMap((group) => Object.entries(group.options).map(([name, row]) => ({ name, group, ...row })));

describe("the table", () => {
  test("has each option once", () => {
    const names = rows.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
    assert.equal(Object.keys(OPTIONS).length, names.length);
  });

  test("has each flag and each alias once", () => {
    const flags = rows.flatMap(({ flag }) => flag?.replace("(no-)", "").split(", ") ?? []);
    assert.deepEqual(
      flags.filter((flag, index) => flags.indexOf(flag) !== index),
      [],
    );
    for (const flag of flags) assert.match(flag, /^(-[a-zA-Z]|--[a-z\d]+(-[a-z\d]+)*|\[script\])$/);
  });

  test("has what each row needs", () => {
    const kinds = new Set(["boolean", "string", "number", "array", "boolean/string"]);
    for (const { name, check, flag, help, takes = check?.takes, wrangler, keeps, folder, group } of rows) {
      assert.ok(check !== undefined || flag !== undefined, `${name} is neither an option nor a flag`);
      assert.equal(
        help !== undefined,
        flag?.startsWith("-") ?? false,
        `${name} has a flag without a help, or the reverse`,
      );
      if (help !== undefined) assert.ok(kinds.has(takes) || isKnownFormat(takes), `${name} takes ${takes}`);
      assert.ok(["undefined", "string", "function"].includes(typeof wrangler), `${name}: ${typeof wrangler}`);
      assert.equal(keeps === undefined, folder === undefined, name);
      assert.ok(group.plugin === undefined || Object.hasOwn(optionsOfPlugins(), group.plugin), name);
    }
  });

  test("refuses for each option what is of no type", () => {
    const value = Symbol("of no type that an option has");
    for (const { name, check } of rows) {
      if (check === undefined) validateOptions({ [name]: value });
      else assert.throws(() => validateOptions({ [name]: value }), OptionsError, name);
    }
  });
});

describe("the table says of Miniflare 2's options what they are there", differs("it is Miniflare 2"), () => {
  const { PLUGINS } = require("miniflare");
  const shared = require("@miniflare/shared");
  const { buildHelp } = require("@miniflare/cli-parser");
  const theirs = Object.entries(PLUGINS).map(([plugin, { prototype }]) => {
    return [plugin, new Map([...(prototype.opts ?? [])].filter(([name]) => typeof name === "string"))];
  });
  const own = (plugin) => rows.filter(({ group }) => group.plugin === plugin);

  test("the plugins, and the options of each", () => {
    assert.deepEqual(
      Object.keys(optionsOfPlugins()),
      theirs.map(([plugin]) => plugin),
    );
    for (const [plugin, options] of theirs) {
      const names = own(plugin).map(({ name }) => name);
      const flags = plugin === "CorePlugin" ? ["help", "version"] : [];
      assert.deepEqual(names.sort(), [...options.keys(), ...flags].sort(), plugin);
    }
  });

  test("flags, aliases, types and help texts, and their order", () => {
    const { NO_COLOR } = process.env;
    process.env.NO_COLOR = "1";
    const help = buildHelp(PLUGINS, "miniflare", 1000);
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = NO_COLOR;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
    const lines = help.replace(/\x1b\[\d+m/g, "").split("\n");
    const sections = Object.keys(optionsOfPlugins()).flatMap((plugin) => {
      const flags = own(plugin).filter(({ help }) => help !== undefined);
      if (flags.length === 0) return [];
      const said = flags.map(({ flag, help, check, takes = check.takes }) => `${flag} ${help} [${takes}]`);
      return ["", `${shared.spaceCase(plugin.replace("Plugin", "Options"))}:`, ...said];
    });
    const positional = rows.find(({ flag }) => flag?.startsWith("[")).flag;
    const expected = [`Usage: miniflare ${positional} [options]`, ...sections];
    assert.ok(expected.length > 80, expected.join("\n"));
    assert.deepEqual(
      expected,
      lines.map((line) => line.trim().replace(/ {2,}/g, " ")),
    );
  });

  test("names in the log, and which are logged", () => {
    for (const [plugin, options] of theirs) {
      for (const [name, { type, logName }] of options) {
        const { flag, label = titleOf(name) } = OPTIONS[name];
        assert.equal(flag !== undefined, type !== shared.OptionType.NONE, `${plugin} ${name}`);
        if (flag !== undefined) assert.equal(label, logName ?? shared.titleCase(name), `${plugin} ${name}`);
      }
    }
  });

  test("files and secrets in the log", () => {
    for (const [, options] of theirs) {
      for (const [name, { logValue }] of options) {
        const { file, secret, flag } = OPTIONS[name];
        if (logValue === undefined || flag === undefined) continue;
        if (secret) assert.equal(logValue("secret"), "**********");
        else if (typeof file === "string") assert.equal(logValue(true), file, name);
      }
    }
  });

  const log = { warn() {} };
  const base = path.resolve("base");

  test("keys of wrangler.toml", () => {
    for (const [plugin, options] of theirs) {
      for (const [name, { fromWrangler }] of options) {
        const { check, wrangler } = OPTIONS[name];
        if (check === undefined) continue;
        assert.equal(wrangler !== undefined, fromWrangler !== undefined, `${plugin} ${name}`);
        if (wrangler === undefined) continue;
        for (const config of CONFIGS) {
          // Miniflare 2 writes into it.
          const meant = fromWrangler(structuredClone(config), base, log);
          const [expected, actual] = [meant, ours(wrangler, config)].map(plain);
          assert.deepEqual(actual, expected, `${plugin} ${name} of ${JSON.stringify(config)}`);
        }
      }
    }
  });

  function ours(wrangler, config) {
    if (typeof wrangler === "function") return wrangler(config, { folder: base, log });
    return wrangler.split(".").reduce((section, key) => section?.[key], config);
  }

  /** Without members that are undefined; what is empty means the same as none. */
  function plain(value) {
    const isEmpty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
    return isEmpty ? null : JSON.parse(JSON.stringify(value ?? null));
  }
});

const FLAGS = ["global_async_io", "global_timers", "global_random", "actual_time", "inaccurate_cpu", "live_reload"];
const PERSIST = ["kv_persist", "d1_persist", "r2_persist", "cache_persist", "durable_objects_persist"];
const HTTPS = { key: "key.pem", cert: "cert.pem", ca: "ca.pem", pfx: "a.pfx", passphrase: "secret" };

/** Configurations that between them have every key that is read, in each of its forms. */
const CONFIGS = [
  {},
  {
    name: "api",
    route: "example.com/a",
    routes: ["example.com/b", { pattern: "example.com/c", zone_id: "1" }],
    compatibility_date: "2022-01-01",
    compatibility_flags: ["flag"],
    usage_model: "unbound",
    workers_dev: true,
    build: { command: "npm run build", cwd: "src", watch_dir: "lib", upload: { format: "modules", main: "a.mjs" } },
    triggers: { crons: ["* * * * *"] },
    site: { bucket: "public", include: ["*.html"], exclude: ["*.txt"] },
    kv_namespaces: [{ binding: "KV", id: "1" }],
    r2_buckets: [{ binding: "R2" }],
    d1_databases: [{ binding: "DB" }],
    durable_objects: {
      bindings: [
        { name: "A", class_name: "A" },
        { name: "B", class_name: "B", script_name: "b" },
      ],
    },
    queues: {
      producers: [{ binding: "Q", queue: "q" }],
      consumers: [
        { queue: "q", batch_size: 5, batch_timeout: 2, message_retries: 3, dead_letter_queue: "dead" },
        { queue: "r", batch_size: 0 },
      ],
    },
    wasm_modules: { W: "w.wasm" },
    text_blobs: { T: "t.txt" },
    data_blobs: { D: "d.bin" },
    services: [{ binding: "S", service: "s", environment: "dev" }],
    experimental_services: [{ name: "T", service: "t" }],
    miniflare: {
      ...Object.fromEntries(FLAGS.map((key) => [key, true])),
      ...Object.fromEntries(PERSIST.map((key) => [key, `./${key}`])),
      globals: { G: "g" },
      upstream: "https://example.com",
      env_path: ".env.test",
      cache: false,
      durable_objects_alarms: false,
      host: "127.0.0.1",
      port: 3000,
      open: true,
      https: HTTPS,
      cf_fetch: "cf.json",
      build_watch_dirs: ["one", "two"],
      mounts: { api: "./api", site: "./site@dev" },
      route: "example.com/d",
      routes: ["example.com/e"],
    },
  },
  { build: { command: "npm run build" }, miniflare: { https: true, watch: false, live_reload: true } },
  {
    build: {
      watch_dir: ["a", "b"],
      upload: {
        format: "service-worker",
        dir: "out",
        main: "b.js",
        rules: [{ type: "Text", globs: ["*"], fallthrough: true }],
      },
    },
  },
];

describe("options are documented and typed", () => {
  const documented = [...read("docs/options.md").matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  const [, body] = /^export interface MiniflareOptions \{\n([\s\S]*?)^\}/m.exec(read("index.d.ts"));
  const declared = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
  const present = rows.filter((row) => row.check !== undefined).map(({ name }) => name);

  test("those that have an effect, and no others", () => {
    assert.ok(present.length > 40, present.join());
    assert.deepEqual(documented.sort(), present.sort());
    assert.deepEqual(declared.sort(), present.sort());
  });
});

describe("options of rooms", () => {
  const names = rows.filter(({ group }) => rooms.includes(group));
  const files = readdirSync(path.join(root, "src/node"), { recursive: true }).filter((file) => /\.[jt]s$/.test(file));
  const code = (file) =>
    read(path.join("src/node", file))
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .replace(/^\s*\/\/.*$/gm, "");

  test("are known to their rooms alone", () => {
    assert.ok(names.length > 15 && files.length > 40);
    const found = files.flatMap((file) =>
      names.filter(({ name }) => uses(name).test(code(file))).map(({ name }) => `${file}: ${name}`),
    );
    assert.deepEqual(found, []);
  });

  /** What is one word may be the name of something else too. */
  function uses(name) {
    return /[A-Z]/.test(name)
      ? new RegExp(`\\b${name}\\b`)
      : new RegExp(`options\\??\\.${name}\\b|\\{[^{}()[\\]]*\\b${name}\\s*[,}=:]`);
  }
});
