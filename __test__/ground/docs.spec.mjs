// The documents: their links lead somewhere, the files they name exist, the README's differences are among those of the page
// that has all of them, and limits have the numbers of the source. Options are compared in options.spec.mjs.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { VERSIONS } from "../../scripts/nodes.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file) => readFileSync(path.join(root, file), "utf8");

// What is installed, built or measured here is not the repository's.
const FOREIGN = new Set(["node_modules", "target", "dist", ".git", ".peers"]);

function filesBelow(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return FOREIGN.has(entry.name) ? [] : filesBelow(file);
    return [file];
  });
}

const documents = (folder = "") => filesBelow(folder).filter((file) => file.endsWith(".md"));

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

describe("source files that documents name", () => {
  const PATH = /`((?:src|scripts|vendor|benchmark|__test__|doors|types|docs)\/[\w./-]+)`/g;
  const isForeign = (name) => name.split("/").some((part) => FOREIGN.has(part));
  const paths = (file) => [...read(file).matchAll(PATH)].map(([, name]) => name).filter((name) => !isForeign(name));

  test("are found in prose", () => {
    assert.ok(paths("ARCHITECTURE.md").includes("src/limits.rs"));
  });

  for (const file of [...documents(), "index.d.ts"]) {
    test(`exist: ${file}`, () => {
      assert.deepEqual(
        paths(file).filter((name) => !existsSync(path.join(root, name))),
        [],
      );
    });
  }

  for (const file of documents("src")) {
    test(`are in the room that ${file} is about`, () => {
      const cells = [...read(file).matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell);
      const named = cells.flatMap((cell) => [...cell.matchAll(/`([\w-]+\.(?:rs|js|ts))`/g)].map(([, name]) => name));
      assert.deepEqual(
        named.filter((name) => !existsSync(path.join(root, path.dirname(file), name))),
        [],
      );
    });
  }
});

describe("source files that documents name without their folders", () => {
  const NAME = /`([\w<*][\w.<>*/-]*\.(?:rs|[cm]?js|ts))`/g;
  const names = (text) => [...new Set([...text.matchAll(NAME)].map(([, name]) => name))];
  // The bundles are there only after a build.
  const sources = filesBelow("").filter((file) => !file.startsWith(`lib${path.sep}`));
  const all = sources.map((file) => file.replaceAll(path.sep, "/"));

  /** Whether the path of a file ends with this one, in which `<room>` and `*` are any part of a name, `**` any folders. */
  function exists(name) {
    const pattern = name
      .replaceAll(".", "\\.")
      .replace(/<\w+>/g, "[^/]+")
      .replace(/\*\*\/|\*/g, (stars) => (stars === "*" ? "[^/]*" : "(?:.*/)?"));
    const expression = new RegExp(`(?:^|/)${pattern}$`);
    return all.some((file) => expression.test(file));
  }

  // Other documents are for users, and name files of theirs.
  const ABOUT_SOURCES = [
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    path.join("docs", "why.md"),
    path.join("docs", "upgrading.md"),
    ...["benchmark", "src", "vendor"].flatMap(documents),
  ];

  test("are found in prose, with placeholders too", () => {
    const there = "`lane.rs`, `kv/node/mod.rs`, `src/<room>/node/mod.rs`, `src/**/*-kinds.ts`, `*-options.ts`";
    const missing = "`lane.js`, `kv/lane.rs`, `src/<room>/lane/mod.rs`, `src/**/*-lane.js`, `*-lane.ts`";
    assert.equal(names(there).length, 5);
    assert.deepEqual(
      names(`${there}, ${missing}, \`.any.js\``).filter((name) => !exists(name)),
      names(missing),
    );
    assert.ok(names(read("ARCHITECTURE.md")).length > 100);
  });

  for (const file of ABOUT_SOURCES) {
    test(`exist: ${file}`, () => {
      assert.deepEqual(
        names(read(file)).filter((name) => !exists(name)),
        [],
      );
    });
  }
});

describe("specs that documents name by folder and name", () => {
  const folders = readdirSync(path.join(root, "__test__")).join("|");
  const named = (file) =>
    [...read(file).matchAll(new RegExp(`\`((?:${folders})/[a-z-]+)\``, "g"))].map(([, name]) => name);

  for (const file of ["ARCHITECTURE.md", "CONTRIBUTING.md", path.join("docs", "upgrading.md")]) {
    test(`exist: ${file}`, () => {
      assert.ok(named(file).length > 0);
      assert.deepEqual(
        named(file).filter((name) => !existsSync(path.join(root, "__test__", `${name}.spec.mjs`))),
        [],
      );
    });
  }
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

describe("differences from Miniflare 2", () => {
  const PAGE = path.join("docs", "differences.md");
  const sections = read(PAGE).split(/^## /m).slice(1);

  /** The rows of tables, without heads and rules. */
  const rows = (text) => [...text.matchAll(/^\| (?!subject |--- )(.*) \|$/gm)].map(([, row]) => row);
  const cells = (row) => row.replaceAll("\\|", "").split(" | ");

  test("have a subject and a cell for each package", () => {
    const all = rows(read(PAGE));
    assert.ok(all.length > 100, `${all.length} rows`);
    assert.deepEqual(
      all.filter((row) => cells(row).length !== 3 || cells(row)[0] === "" || cells(row)[2] === ""),
      [],
    );
  });

  test("are described once", () => {
    const subjects = sections.flatMap((section) => rows(section).map((row) => cells(row)[0]));
    assert.deepEqual(
      subjects.filter((subject, index) => subjects.indexOf(subject) !== index),
      [],
    );
  });

  test("have sections that the page lists", () => {
    const headings = sections.map((section) => section.split("\n")[0]);
    const listed = [...read(PAGE).matchAll(/^- \[(.*)\]\(#[\w-]+\)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(listed, headings);
  });

  test("that the README names are ten, in the words of the page", () => {
    const [, section] = /^## Differences from Miniflare 2$([\s\S]*?)^## /m.exec(read("README.md"));
    const named = rows(section).map((row) => row.replaceAll("](docs/", "]("));
    assert.equal(named.length, 10);
    const known = rows(read(PAGE));
    assert.deepEqual(
      named.filter((row) => !known.includes(row)),
      [],
    );
  });
});

describe("limits", () => {
  const files = readdirSync(path.join(root, "src"), { recursive: true }).filter((file) =>
    /(^|\/)limits\.rs$/.test(file),
  );
  const text = files.map((file) => read(path.join("src", file))).join("\n");
  const constants = new Map(
    [...text.matchAll(/^pub const (\w+): [^=]+ = (.+);$/gm)].map(([, name, value]) => [name, value]),
  );

  /** The number that a constant has: a product, or a duration in seconds. */
  function numberOf(name) {
    const source = constants.get(name);
    assert.ok(source !== undefined, `no limits.rs has ${name}`);
    const duration = /^Duration::from_(secs|millis)\((\d+)\)$/.exec(source);
    if (duration) return duration[1] === "secs" ? Number(duration[2]) : Number(duration[2]) / 1000;
    const factors = source.split("*").map((factor) => Number(factor.trim().replaceAll("_", "")));
    return factors.reduce((product, factor) => product * factor, 1);
  }

  const grouped = (number) => number.toLocaleString("en-US");
  const options = "docs/options.md";
  const rooms = {
    cache: "src/cache/README.md",
    durable: "src/durable/README.md",
    html: "src/html/README.md",
    kv: "src/kv/README.md",
    r2: "src/r2/README.md",
  };

  // What documents say of a limit, made of its number, and where.
  const STATED = [
    ["DURABLE_KEY_BYTES", (n) => `${grouped(n)} bytes`, [options, "index.d.ts", rooms.durable]],
    ["DURABLE_VALUE_BYTES", (n) => `${n / 1024} KiB`, [options, "index.d.ts"]],
    ["DURABLE_VALUE_BYTES", (n) => `${grouped(n)} bytes`, [rooms.durable]],
    ["DURABLE_VALUE_OVERHEAD_BYTES", (n) => `and ${n} for the overhead`, [rooms.durable]],
    ["DURABLE_KEYS", (n) => `${n} keys`, [options, "index.d.ts"]],
    ["DURABLE_KEYS", (n) => `| ${n} |`, [rooms.durable]],
    ["BLOCK_CONCURRENCY_MS", (n) => `${n / 1000} s`, ["docs/durable-objects.md", "index.d.ts", rooms.durable]],
    ["DURABLE_ALARM_BACKOFF", (n) => `called again after ${n} s`, ["docs/durable-objects.md"]],
    ["DURABLE_ALARM_SOON", (n) => `due within ${n} s`, ["docs/durable-objects.md"]],
    ["DURABLE_ALARM_OUTAGE", (n) => `every ${n} s`, ["docs/storage.md"]],
    ["PARSER_BYTES", (n) => `${n / 2 ** 20} MiB`, ["docs/html-rewriter.md", "types/html-rewriter.d.ts", rooms.html]],
    ["SELECTOR_PARTS", (n) => `at most ${n} parts`, ["docs/html-rewriter.md"]],
    ["SELECTOR_PARTS", (n) => `| ${n} |`, [rooms.html]],
    ["STACK_BYTES", (n) => `${n / 1024} KiB`, [rooms.html]],
    ["TURN_MS", (n) => `${n} ms of parsing`, [rooms.html]],
    ["KV_KEY_BYTES", (n) => `${n} bytes`, [options, "index.d.ts", rooms.kv]],
    ["KV_VALUE_BYTES", (n) => `${n / 2 ** 20} MiB`, [options, "index.d.ts", rooms.kv]],
    ["KV_METADATA_BYTES", (n) => `${grouped(n)} bytes`, [options, "index.d.ts", rooms.kv]],
    ["KV_LIST_KEYS", (n) => `${grouped(n)} keys`, [options]],
    ["KV_LIST_KEYS", (n) => `${grouped(n)} per page`, [rooms.kv]],
    ["R2_KEY_BYTES", (n) => `${grouped(n)} bytes`, ["docs/r2.md", "index.d.ts", rooms.r2]],
    ["R2_VALUE_BYTES", (n) => `${grouped(n)} bytes`, ["docs/r2.md", "index.d.ts", rooms.r2]],
    ["R2_METADATA_BYTES", (n) => `${grouped(n)} bytes`, ["docs/r2.md", "index.d.ts", rooms.r2]],
    ["R2_SERVER_VALUE_BYTES", (n) => `${grouped(n)} bytes`, ["docs/r2.md", rooms.r2]],
    ["R2_LIST_KEYS", (n) => `${grouped(n)} per page`, ["docs/r2.md", rooms.r2]],
    ["R2_LIST_INCLUDING_KEYS", (n) => `${n} with \`include\``, ["docs/r2.md"]],
    ["R2_DELETE_KEYS", (n) => `${grouped(n)} keys`, ["docs/r2.md"]],
    ["R2_PARTS", (n) => `from 1 to ${grouped(n)}`, ["docs/r2.md"]],
    ["R2_PART_BYTES", (n) => `at least ${n / 2 ** 20} MiB`, ["docs/r2.md", "index.d.ts"]],
    ["KV_TTL_SECONDS", (n) => `at least ${n}`, ["index.d.ts"]],
    ["CACHE_NAME_LENGTH", (n) => `${grouped(n)} code units`, ["index.d.ts", rooms.cache]],
    ["HEAP_LIMIT_MIB", (n) => `default: ${n}, the`, [options]],
    ["SUBREQUESTS", (n) => `default: ${n}, or`, [options]],
    ["SUBREQUESTS_UNBOUND", (n) => `${grouped(n)} for \`"unbound"\``, [options]],
    ["INTERNAL_SUBREQUESTS", (n) => `default: ${grouped(n)}, the`, [options]],
    ["REQUEST_DEPTH", (n) => `nested ${n} deep`, [options]],
    ["REQUEST_DEPTH", (n) => `after ${n} rounds`, ["docs/fetch.md"]],
    ["TIMER_NESTED_MS", (n) => `at least ${n} ms`, ["docs/clock.md"]],
    ["CONNECT_TIMEOUT", (n) => `within ${n} s`, ["docs/fetch.md"]],
    ["IDLE_CONNECTION", (n) => `kept for ${n} s`, ["docs/fetch.md"]],
    ["BUFFERED_BYTES", (n) => `${n / 2 ** 20} MB`, ["docs/storage.md"]],
    ["REDIS_SESSION", (n) => `expire after ${n} s`, ["docs/storage.md"]],
    ["CLAIM_WAIT", (n) => `waits for ${n} s`, ["docs/storage.md"]],
    ["REDIS_RETRY", (n) => `less than ${n} s`, ["docs/storage.md"]],
  ];

  for (const [name, words, files] of STATED) {
    test(`are stated with the number of ${name}: ${words(numberOf(name))}`, () => {
      for (const file of files) {
        const text = read(file).replace(/\n\s*(\* )?/g, " ");
        assert.ok(text.includes(words(numberOf(name))), `${file} does not say "${words(numberOf(name))}"`);
      }
    });
  }
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
