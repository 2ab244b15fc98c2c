// Tags: oracle
// Which package the addon is looked for in, on this and on other platforms, and what is said when it is not there.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import internals from "../../lib/node/internals.js";

const { exactTarget, target } = internals;
import { run } from "../support/child.mjs";
import { differs } from "../support/miniflare.mjs";
import { emptyProject, project } from "../support/project.mjs";

const GNU = { header: { glibcVersionRuntime: "2.36" }, sharedObjects: ["/lib/x86_64-linux-gnu/libc.so.6"] };
const MUSL = { header: {}, sharedObjects: ["/lib/ld-musl-x86_64.so.1", "/usr/lib/libstdc++.so.6"] };

const LOADERS = { gnu: "/lib64/ld-linux-x86-64.so.2", musl: "/lib/ld-musl-x86_64.so.1" };

/** Facts of a Linux: the loader that Node's binary asks for, the one of musl that is there, and a report. */
function linux({ loader, musl = LOADERS.musl, report, arch = "x64" }) {
  const unknown = (what) => () => assert.fail(`${what} was asked for`);
  const head = loader === undefined ? () => "" : () => `\x7fELF\0\0${loader}\0\0`;
  const exists = (file) => file === musl;
  return { platform: "linux", arch, exists, head, report: report ? () => report : unknown("a report") };
}

describe("the platform's name", differs("it has no addon"), () => {
  test("has glibc where musl's loader is missing, whatever else is there", () => {
    const never = () => assert.fail("it was asked for");
    const on = (arch) => target({ platform: "linux", arch, exists: () => false, head: never, report: never });
    assert.deepEqual([on("x64"), on("arm64")], ["linux-x64-gnu", "linux-arm64-gnu"]);
  });

  test("says which C library Node is linked against, by the loader that its binary asks for", () => {
    assert.equal(target(linux({ loader: LOADERS.gnu })), "linux-x64-gnu");
    assert.equal(target(linux({ loader: "/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2" })), "linux-x64-gnu");
    assert.equal(target(linux({ loader: LOADERS.musl })), "linux-x64-musl");
    const musl = "/lib/ld-musl-aarch64.so.1";
    assert.equal(target(linux({ loader: musl, musl, arch: "arm64" })), "linux-arm64-musl");
    assert.equal(target(linux({ loader: "/lib/ld-linux-aarch64.so.1", musl, arch: "arm64" })), "linux-arm64-gnu");
  });

  test("says it by a report where the binary does not tell", () => {
    assert.equal(target(linux({ report: GNU })), "linux-x64-gnu");
    assert.equal(target(linux({ report: MUSL })), "linux-x64-musl");
    const bare = { header: {}, sharedObjects: ["/lib/libc.musl-x86_64.so.1"] };
    assert.equal(target(linux({ report: bare })), "linux-x64-musl");
    assert.equal(target(linux({ loader: "/lib/ld64.so.1", report: GNU, arch: "s390x" })), "linux-s390x-gnu");
    assert.equal(target(linux({ report: { header: {} } })), "linux-x64-gnu");
  });

  test("is found as well where musl's loader is in a place of its own", () => {
    const loader = "/nix/store/abc-musl-1.2.5/lib/ld-musl-x86_64.so.1";
    assert.equal(exactTarget(linux({ loader, musl: loader })), "linux-x64-musl");
  });

  test("has no C library on other systems", () => {
    const never = () => assert.fail("it was asked for");
    const on = (platform, arch) => target({ platform, arch, exists: never, head: never, report: never });
    assert.deepEqual([on("darwin", "arm64"), on("win32", "x64")], ["darwin-arm64", "win32-x64"]);
  });

  test("is that of the running Node, without a report", () => {
    const { getReport } = process.report;
    process.report.getReport = () => assert.fail("a report was made");
    try {
      const { glibcVersionRuntime } = getReport.call(process.report).header;
      const libc = process.platform === "linux" ? `-${glibcVersionRuntime ? "gnu" : "musl"}` : "";
      const expected = `${process.platform}-${process.arch}${libc}`;
      assert.deepEqual([target(), exactTarget()], [expected, expected]);
    } finally {
      process.report.getReport = getReport;
    }
  });
});

/** What requiring the package in a project throws: `{ name, code, message, cause }`. */
async function failureIn(cwd, prelude = "") {
  const source = `${prelude}
    try { require("miniflare-rs"); console.log("{}"); } catch (error) {
      const { name, code, message, cause } = error;
      console.log(JSON.stringify({ name, code, message, cause: cause?.code }));
    }`;
  const { stdout, stderr } = await run(process.execPath, ["--eval", source], { cwd });
  assert.ok(stdout.startsWith("{"), stdout + stderr);
  return JSON.parse(stdout);
}

/** A project with the package as published, which names its platform packages. */
function published(t) {
  const cwd = project(t, emptyProject(t));
  const file = path.join(cwd, "node_modules/miniflare-rs/package.json");
  const manifest = JSON.parse(fs.readFileSync(file, "utf8"));
  const optionalDependencies = { "miniflare-rs-linux-x64-gnu": manifest.version };
  fs.writeFileSync(file, JSON.stringify({ ...manifest, optionalDependencies }));
  return { cwd, addons: path.join(cwd, "node_modules/miniflare-rs-linux-x64-gnu") };
}

/** Makes the process look like one of another platform: musl's loader is there, and Node's binary asks for it. */
const ON_MUSL = `const fs = require("node:fs");
  const { existsSync, readSync } = fs;
  fs.existsSync = (file) => file === ${JSON.stringify(LOADERS.musl)} || existsSync(file);
  fs.readSync = (file, buffer, ...rest) => {
    const length = readSync(file, buffer, ...rest);
    const text = buffer.latin1Slice(0, length).replace(${JSON.stringify(LOADERS.gnu)}, ${JSON.stringify(LOADERS.musl)});
    return buffer.latin1Write(text);
  };`;

describe("a package without its addon", differs("it has no addon"), () => {
  test("loads when the addon is there", async (t) => {
    assert.deepEqual(await failureIn(published(t).cwd), {});
  });

  test("says which package is missing, and how it is installed", async (t) => {
    const { cwd, addons } = published(t);
    fs.rmSync(addons, { recursive: true });
    const { name, code, message } = await failureIn(cwd);
    assert.deepEqual([name, code], ["InstanceError [ERR_LOAD]", "ERR_LOAD"]);
    assert.match(message, /^The package miniflare-rs-linux-x64-gnu, .* is not installed\. Run `npm install` on this /);
  });

  test("says on musl that there is no build, and what to run it on", async (t) => {
    const { code, message } = await failureIn(published(t).cwd, ON_MUSL);
    assert.equal(code, "ERR_LOAD");
    assert.match(message, /^There is no build of miniflare-rs for linux-x64-musl; there is one for linux-x64-gnu\. /);
    assert.match(message, /node:22-slim/);
  });

  test("says which platforms there are builds for", async (t) => {
    const { message } = await failureIn(
      published(t).cwd,
      `Object.defineProperty(process, "arch", { value: "riscv64" });`,
    );
    assert.match(
      message,
      /^There is no build of miniflare-rs for linux-riscv64-gnu; there is one for linux-x64-gnu\. /,
    );
  });

  test("says why the addon that is there cannot be loaded", async (t) => {
    const { cwd, addons } = published(t);
    const file = path.join(addons, "miniflare-rs.linux-x64-gnu.node");
    fs.rmSync(file);
    fs.writeFileSync(file, "no addon");
    const { message, cause } = await failureIn(cwd);
    assert.equal(cause, "ERR_DLOPEN_FAILED");
    assert.ok(message.startsWith(`The addon for linux-x64-gnu, ${fs.realpathSync(file)}, cannot be loaded: `), message);
    assert.match(message, /Install the package miniflare-rs-linux-x64-gnu again/);
  });
});
