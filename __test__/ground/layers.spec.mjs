// Who may know whom. The folders of the sources are read, so that a new room is under these rules from its first file on.
//
// Node's half (`src/node`, and the folder `node` of a room) is above all others, and may name what it needs.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../../src", import.meta.url));

/** From below: each may know those before it. A folder that is not among these is a room. */
const LAYERS = ["store", "sqlite", "realm", "web", "network", "membrane", "rooms", "worker", "node"];
const ROOMS = LAYERS.indexOf("rooms");

/** The lists of rooms: what they say of a room is a row. */
const LISTS = ["rooms.rs", "worker/rooms.ts"];
/** Those of Node's half. */
const NODE_LISTS = ["node/rooms.ts", "node/room-options.ts"];
/** Declares the modules, and is part of no layer. */
const ROOT = "lib.rs";

/** Edges against the rules, `[file, folder that it knows, why]`. */
const EXCEPTIONS = [
  ["storage/views.rs", "durable", "a test takes the key that alarms are stored under"],
  ["sites/ops.rs", "kv", "a site is a KV namespace over files, by the functions of KV"],
  ["sites/bundle.ts", "kv", "a site is a KV namespace over files, by the class of KV"],
  ["sites/site-namespace.ts", "kv", "its class is one of KV namespaces"],
];

/** Where the name of a room may stand outside of its folder, beside the lists. */
const NAMED = [
  ["node/binding/raw.rs", "the functions that napi-rs does not wrap are a table"],
  ["node/options/compat-known.ts", "compatibility flags have names of features in them"],
  ["node/options/plugins.ts", "Miniflare 2's plugins, in the order in which its log tells of them"],
  ["node/names/plugin-classes.ts", "Miniflare 2's plugins are exported as classes"],
  ["node/options/wrangler.ts", "the keys of a configuration file, as its type"],
  ["node/options/wrangler-environments.ts", "the keys that environments inherit"],
  ["store/stores.rs", "its tests store under a name of a room"],
  ["sites/ops.rs", "see above"],
  ["sites/bundle.ts", "see above"],
  ["sites/site-namespace.ts", "its class is one of KV namespaces"],
  ["storage/node/mod.rs", "on a server, a storage is where Miniflare 2 put namespaces"],
];

const folders = readdirSync(source, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const rooms = folders.filter((folder) => !LAYERS.includes(folder));

const files = readdirSync(source, { recursive: true })
  .filter((file) => /(?<!\.d)\.(js|ts|rs)$/.test(file))
  .map((file) => file.split(path.sep).join("/"));
const read = (file) => readFileSync(path.join(source, file), "utf8");

const folderOf = (file) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : undefined);
const isNodes = (file) => file.split("/").includes("node");
const isSource = (file) => !isNodes(file) && file !== ROOT;

/** Files beside the folders (limits, the clock) are below all of them. */
const layerOf = (folder) => (LAYERS.includes(folder) ? LAYERS.indexOf(folder) : folder === undefined ? -1 : ROOMS);

/** Comments are left out; what begins like one within a text is none. */
const withoutComments = (text) =>
  text.replace(/("(?:\\.|[^"\\\n])*")|\/\*[\s\S]*?\*\/|\/\/.*$/gm, (_, literal) => literal ?? "");

function* rustEdges(code) {
  for (const [, name] of code.matchAll(/\bcrate::(\w+)/g)) yield name;
  for (const [, group] of code.matchAll(/\bcrate::\{([^;]*)\}/g)) {
    for (const [name] of group.replace(/\{[^{}]*\}/g, "").matchAll(/(?<![\w:])\w+/g)) yield name;
  }
  for (const [, name] of code.matchAll(/\bsuper::super::(\w+)/g)) yield name;
}

/** Whose op a name is, by the folder that it is defined in. */
const ops = new Map(
  files
    .filter((file) => file.endsWith(".rs"))
    .flatMap((file) => [...read(file).matchAll(/^pub (?:async )?fn (op_\w+)/gm)].map(([, op]) => [op, folderOf(file)])),
);

function* scriptEdges(file, code) {
  for (const [, folder] of code.matchAll(/"ext:miniflare\/([^/"]+)\//g)) yield folder;
  for (const [, relative] of code.matchAll(/(?:\b(?:require|import)\(|\bfrom )"(\.[^"]+)"/g)) {
    yield path.posix.normalize(path.posix.join(path.posix.dirname(file), relative)).split("/")[0];
  }
  // Ops of the ground and the assembly are there for all; those of a room are the room's.
  for (const [op] of code.matchAll(/\bop_\w+/g)) if (layerOf(ops.get(op)) === ROOMS) yield ops.get(op);
}

/** The folders that a file knows, besides its own. */
function known(file, text) {
  const code = withoutComments(text);
  const edges = file.endsWith(".rs") ? rustEdges(code) : scriptEdges(file, code);
  return [...new Set(edges)].filter((folder) => folders.includes(folder) && folder !== folderOf(file));
}

function mayKnow(file, folder) {
  if (LISTS.includes(file)) return layerOf(folder) <= ROOMS;
  // The assembly knows rooms by their lists alone.
  if (layerOf(folder) === ROOMS) return false;
  return layerOf(folder) < layerOf(folderOf(file));
}

const isException = (file, folder) => EXCEPTIONS.some((known) => known[0] === file && known[1] === folder);

/** What a file knows against the rules. */
const wrong = (file, text) =>
  known(file, text)
    .filter((folder) => !mayKnow(file, folder) && !isException(file, folder))
    .map((folder) => `${file} -> ${folder}`);

describe("the layers", () => {
  test("know those below them, and rooms know no other room", () => {
    assert.deepEqual(
      files.filter(isSource).flatMap((file) => wrong(file, read(file))),
      [],
    );
  });

  test("are those of the folders", () => {
    assert.deepEqual(
      LAYERS.filter((layer) => layer !== "rooms" && !folders.includes(layer)),
      [],
    );
    assert.ok(rooms.includes("kv") && rooms.includes("durable"), rooms.join());
  });

  for (const [file, text, found] of [
    ["kv/ops.rs", "use crate::cache::ops;", "kv/ops.rs -> cache"],
    ["kv/ops.rs", "use crate::{limits, store::{self, Space}, worker::lane};", "kv/ops.rs -> worker"],
    ["sqlite/run.rs", "use crate::realm::value::Value;", "sqlite/run.rs -> realm"],
    ["realm/host.rs", "use crate::web::crypto::KeySymbols;", "realm/host.rs -> web"],
    ["store/mod.rs", "fn a() { crate::realm::value::text() }", "store/mod.rs -> realm"],
    ["web/mod.rs", "use super::super::fetch::ops;", "web/mod.rs -> fetch"],
    ["worker/lane.rs", "use crate::durable::alarms;", "worker/lane.rs -> durable"],
    ["kv/room.ts", 'import { a } from "ext:miniflare/durable/room.ts";', "kv/room.ts -> durable"],
    ["kv/room.ts", 'import "ext:miniflare/worker/start.ts";', "kv/room.ts -> worker"],
    ["cache/cache.ts", 'import { a } from "../node/errors.ts";', "cache/cache.ts -> node"],
    ["web/url.ts", 'core.loadExtScript("ext:miniflare/membrane/membrane.ts")', "web/url.ts -> membrane"],
    ["worker/start.ts", 'import { room } from "ext:miniflare/kv/room.ts";', "worker/start.ts -> kv"],
    ["web/clone.ts", 'import { op_durable_put } from "ext:core/ops";', "web/clone.ts -> durable"],
    ["new-room/room.ts", 'import { get } from "ext:miniflare/kv/room.ts";', "new-room/room.ts -> kv"],
  ]) {
    test(`find the edge of ${text}`, () => {
      assert.deepEqual(wrong(file, text), [found]);
    });
  }

  test("find no edge in comments, nor where there may be one", () => {
    const comments =
      '/* crate::kv */ // ext:miniflare/kv/room.ts\nconst a = "https://x"; // "ext:miniflare/kv/room.ts"';
    assert.deepEqual(wrong("realm/context.ts", comments), []);
    assert.deepEqual(wrong("durable/clone.rs", "use crate::web::clone::mark;"), []);
    assert.deepEqual(wrong("worker/rooms.ts", 'import { room } from "ext:miniflare/kv/room.ts";'), []);
  });
});

describe("a room's name", () => {
  /** Names, and texts without a space: what is told to users may name a room. */
  const names = (text) =>
    withoutComments(text).replace(/"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g, (literal) =>
      /\s/.test(literal) ? "" : literal,
    );
  const rows = [...LISTS, ...NODE_LISTS, ROOT, ...NAMED.map(([file]) => file)];

  /** The entries of an object with a database are called so, without being the room's. */
  const WITHOUT_ROOM = /\bSyncKv\w+|_cf_KV|sync-kv|\bkvData\b|(?<=\bget |[.#])kv\b|"kv"/g;

  test("such as kv stands in its folder and in the lists of rooms", () => {
    const others = files.filter((file) => !file.startsWith("kv/") && !rows.includes(file));
    const namesRoom = (file) => {
      const text = names(read(file));
      return /(?<![a-zA-Z])kv|KV|Kv/.test(file.startsWith("durable/") ? text.replace(WITHOUT_ROOM, "") : text);
    };
    assert.deepEqual(others.filter(namesRoom), []);
  });

  test("is that of a row in both lists, if the room has a worker half, in Rust only with ops or scripts of its own", () => {
    const [rust, script] = LISTS.map((file) => read(file));
    const withHalf = [...rooms, "web"].filter((room) => files.includes(`${room}/room.ts`));
    const withRust = withHalf.filter((room) => files.includes(`${room}/mod.rs`));
    assert.ok(withRust.length > 10, withRust.join());
    assert.deepEqual(
      withHalf.filter((room) => !script.includes(`ext:miniflare/${room}/room.ts`)),
      [],
    );
    assert.deepEqual(
      withRust.filter((room) => !rust.includes(`${room}::ROOM`)),
      [],
    );
    assert.equal(rust.match(/\w+::ROOM\b/g).length, withRust.length);
  });
});
