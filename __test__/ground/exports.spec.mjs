// Tags: oracle
// What the addon shows to the process it is loaded into, and what it expects of it: Node has a V8 of its own.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import { differs } from "../support/miniflare.mjs";
import { run } from "../support/child.mjs";
import { addon } from "../support/project.mjs";
import { test } from "../support/test.mjs";

/** Of the crate `napi`. */
const ENTRY_POINTS = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];
const SYSTEM_LIBRARIES = /^(libc|libm|libgcc_s|libdl|libpthread|librt|ld-linux-x86-64)\.so\.\d+$/;
const SYSTEM_VERSION = /@(GLIBC|GCC)_[\d.]+$/;

/** Lines of what binutils say about a file. */
async function ask(command, ...args) {
  const { code, stdout, stderr } = await run(command, args).catch((error) => {
    throw new Error(`${command} did not start (${error.message}): install binutils`);
  });
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${stderr}`);
  return stdout.split("\n").filter(Boolean);
}

const symbols = async (file, kind) => {
  const lines = await ask("nm", "--dynamic", "--with-symbol-versions", kind, file);
  return lines.map((line) => line.trim().split(/\s+/)).map((parts) => ({ name: parts.at(-1), type: parts.at(-2) }));
};

describe("the addon", differs("it has no addon"), () => {
  test("is built", () => {
    assert.ok(fs.existsSync(addon), `${addon} is missing: run \`npm run build\``);
  });

  test("exports the entry points of N-API and nothing else", async () => {
    const names = (await symbols(addon, "--defined-only")).filter(({ type }) => type !== "A").map(({ name }) => name);
    assert.ok(names.includes(ENTRY_POINTS[0]), names.join());
    assert.deepEqual(
      names.filter((name) => !ENTRY_POINTS.includes(name)),
      [],
      "names with C linkage of Rust crates: add them to src/node/binding/hidden-names.txt",
    );
  });

  test("asks the system for what is the system's only", async () => {
    const undefinedOnes = await symbols(addon, "--undefined-only");
    const others = undefinedOnes.filter(({ name, type }) => !SYSTEM_VERSION.test(name) && !/[wv]/i.test(type));
    assert.deepEqual(
      others.map(({ name }) => name),
      [],
    );
  });

  test("leaves no symbol of V8, ICU, OpenSSL or a C++ runtime to others", async () => {
    const foreign =
      /v8|cppgc|^u_|icu|ssl|crypto_|rocksdb|napi_|^uv_|^_Z|^__cxa_(?!finalize|atexit|thread_atexit_impl)|__gxx/i;
    const names = (await symbols(addon, "--undefined-only")).map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => foreign.test(name)),
      [],
    );
  });

  test("has no weak symbol that Node would fill in", async () => {
    const own = (await symbols(addon, "--undefined-only"))
      .map(({ name }) => name)
      .filter((name) => !name.includes("@"));
    const nodes = new Set((await symbols(process.execPath, "--defined-only")).map(({ name }) => name));
    assert.deepEqual(
      own.filter((name) => nodes.has(name)),
      [],
    );
  });

  test("needs libraries of the system only", async () => {
    const lines = await ask("readelf", "--dynamic", "--wide", addon);
    const needed = lines.flatMap((line) => /\(NEEDED\).*\[(.+)\]/.exec(line)?.[1] ?? []);
    assert.ok(needed.includes("libc.so.6"), needed.join());
    assert.deepEqual(
      needed.filter((library) => !SYSTEM_LIBRARIES.test(library)),
      [],
    );
  });

  test("has no static thread-local storage and no text relocations", async () => {
    const lines = await ask("readelf", "--dynamic", "--wide", addon);
    assert.ok(lines.length > 10, lines.join("\n"));
    assert.deepEqual(
      lines.filter((line) => /STATIC_TLS|TEXTREL/.test(line)),
      [],
    );
  });

  test("has no stack that can be executed, and no path of the machine that built it to search", async () => {
    const headers = await ask("readelf", "--program-headers", "--wide", addon);
    const stack = headers.find((line) => line.includes("GNU_STACK"));
    assert.match(stack, /\bRW\b/);
    const lines = await ask("readelf", "--dynamic", "--wide", addon);
    assert.deepEqual(
      lines.filter((line) => /R(UN)?PATH/.test(line)),
      [],
    );
  });
});
