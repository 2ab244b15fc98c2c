// Tags: oracle
// The tarballs: what is in them, and that they install into an empty project and run there without a toolchain.

import { before, describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { differs, isOracle } from "../support/miniflare.mjs";
import { root, run } from "../support/child.mjs";
import { runCommand, serveCommand } from "../support/command.mjs";
import { emptyProject } from "../support/project.mjs";
import { within } from "../support/test.mjs";

const test = within(290_000);

const { version, exports: exported } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
const tarball = (name) => path.join(root, "dist", `${name}-${version}.tgz`);
const [main, platform] = ["miniflare-rs", "miniflare-rs-linux-x64-gnu"].map(tarball);
const RUNNERS = ["jest", "vitest"];
const environments = RUNNERS.map((name) => tarball(`${name}-environment-miniflare`));

async function succeeds(command, args, options) {
  const result = await run(command, args, options);
  const { code, stdout, stderr, timedOut } = result;
  assert.deepEqual(
    { code, timedOut },
    { code: 0, timedOut: false },
    `${command} ${args.join(" ")}\n${stdout}${stderr}`,
  );
  return stdout;
}

async function files(archive) {
  const lines = (await succeeds("tar", ["--list", "--gzip", "--file", archive])).trim().split("\n");
  return lines.map((line) => line.replace(/^package\//, ""));
}

describe("npm run package", differs("this is about our tarballs"), () => {
  before(
    async () => {
      if (isOracle) return;
      for (const archive of [main, platform, ...environments]) fs.rmSync(archive, { force: true });
      await succeeds("npm", ["run", "package"], { timeout: 280_000 });
    },
    { timeout: 285_000 },
  );

  test("makes a main package of JavaScript and types only", async () => {
    const names = await files(main);
    for (const name of ["package.json", "index.js", "index.mjs", "index.d.ts", "README.md", "LICENSE"]) {
      assert.ok(names.includes(name), `${name} is missing in ${names.join()}`);
    }
    assert.deepEqual(
      names.filter((name) => /\.(rs|node|toml|lock)$|__test__|benchmark|target|vendor/.test(name)),
      [],
    );
  });

  test("makes a platform package of the addon, its snapshot and licences", async () => {
    const names = await files(platform);
    for (const name of ["package.json", "miniflare-rs.linux-x64-gnu.node", "snapshot.bin", "LICENSE"]) {
      assert.ok(names.includes(name), `${name} is missing in ${names.join()}`);
    }
    assert.ok(
      names.some((name) => /^LICENSES\/./.test(name)),
      names.join(),
    );
    assert.deepEqual(
      names.filter((name) => /\.(rs|js|mjs)$/.test(name)),
      [],
    );
  });

  test("makes tarballs that install into an empty project and run the first example", async (t) => {
    const cwd = emptyProject(t);
    const quiet = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    await succeeds("npm", ["install", ...quiet, main, platform], { cwd, timeout: 120_000 });
    const modules = path.join(cwd, "node_modules");
    assert.deepEqual(
      fs.readdirSync(modules).filter((name) => !name.startsWith(".")),
      ["miniflare-rs", "miniflare-rs-linux-x64-gnu"],
    );
    assert.ok(fs.realpathSync(path.join(modules, "miniflare-rs")).startsWith(cwd));
    fs.copyFileSync(path.join(root, "examples/hello.mjs"), path.join(cwd, "hello.mjs"));
    assert.equal(await succeeds(process.execPath, ["hello.mjs"], { cwd }), "200 Hello from /worker\n");
  });

  test("makes a package whose commands run", async (t) => {
    const cwd = emptyProject(t);
    const quiet = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    await succeeds("npm", ["install", ...quiet, main, platform], { cwd, timeout: 120_000 });
    const worker = `export default { fetch: () => new Response("served") };`;
    fs.writeFileSync(path.join(cwd, "worker.mjs"), worker);
    for (const name of ["miniflare", "miniflare-rs"]) {
      const bin = path.join(cwd, "node_modules/.bin", name);
      assert.equal(await succeeds(bin, ["--version"], { cwd }), `${version}\n`);
      assert.match(await succeeds(bin, ["--help"], { cwd }), /^Usage: miniflare \[script\] \[options\]\n/);
      const { get } = await serveCommand(t, ["worker.mjs"], { cwd, command: [bin] });
      assert.equal(await get(), "served");
      const repl = await runCommand(t, ["--repl"], { cwd, command: [bin], input: "await Promise.resolve([1])\n" });
      assert.match(repl.stdout, /> \[ 1 \]\n/);
    }
  });

  test("makes a package that CommonJS and ES modules load, with the same names", async (t) => {
    const cwd = emptyProject(t);
    await succeeds("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", main, platform], {
      cwd,
      timeout: 120_000,
    });
    const required = `console.log(Object.keys(require("miniflare-rs")).sort().join())`;
    const imported = `import * as all from "miniflare-rs"; import fallback from "miniflare-rs";
      const names = Object.keys(all).filter((name) => name !== "default" && fallback[name] === all[name]);
      console.log(names.sort().join());`;
    const names = await succeeds(process.execPath, ["--eval", required], { cwd });
    assert.equal(await succeeds(process.execPath, ["--input-type=module", "--eval", imported], { cwd }), names);
    for (const name of ["Miniflare", "Log", "LogLevel", "Request", "Response"]) assert.ok(names.includes(name), names);

    const subPaths = Object.keys(exported).filter((name) => exported[name].require && name !== ".");
    assert.ok(subPaths.includes("./kv"), subPaths.join());
    for (const name of subPaths.map((subPath) => `miniflare-rs${subPath.slice(1)}`)) {
      const found = await succeeds(process.execPath, ["--eval", required.replace("miniflare-rs", name)], { cwd });
      const script = imported.replaceAll("miniflare-rs", name);
      assert.equal(await succeeds(process.execPath, ["--input-type=module", "--eval", script], { cwd }), found);
      assert.match(found, /^\w+(,\w+)*\n$/);
    }
  });

  test("makes a package that has every file that it exports, and the licences of what is in its bundle", async () => {
    const names = await files(main);
    const paths = Object.values(exported).flatMap((to) => (typeof to === "string" ? [to] : Object.values(to)));
    assert.ok(paths.includes("./doors/kv.mjs"), paths.join());
    assert.deepEqual(
      paths.filter((file) => !names.includes(file.replace(/^\.\//, ""))),
      [],
    );
    for (const name of ["mock-undici", "http-web-undici", "cli-repl", "repl-session", "options-nearest"])
      assert.ok(names.includes(`lib/node/${name}.LICENSE.txt`), name);
  });

  test("makes a package for each test runner, under the name that it looks for", async () => {
    for (const archive of environments) {
      assert.deepEqual((await files(archive)).sort(), [
        ...["LICENSE", "README.md", "globals.d.ts", "index.d.ts", "index.js", "package.json"],
      ]);
    }
  });

  test('makes packages by which runners find the environment "miniflare", with its types', async (t) => {
    const cwd = emptyProject(t, { type: "module" });
    const all = [main, platform, ...environments];
    await succeeds("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", ...all], {
      cwd,
      timeout: 120_000,
    });
    const options = { kvNamespaces: ["KV"] };
    const write = (name, text) => fs.writeFileSync(path.join(cwd, name), text);
    const body = `test("has bindings", async () => {
      await KV.put("key", "value");
      expect(await getMiniflareBindings().KV.get("key")).toBe("value");
    });`;
    write("jest.test.cjs", body);
    write("vitest.test.js", `import { expect, test } from "vitest";\n${body}`);
    const jest = { testEnvironment: "miniflare", testEnvironmentOptions: options, testMatch: ["**/*.test.cjs"] };
    write("jest.config.json", JSON.stringify({ ...jest, transform: {} }));
    const vitest = { environment: "miniflare", environmentOptions: options, include: ["*.test.js"] };
    write("vitest.config.mjs", `export default ${JSON.stringify({ test: vitest })};`);
    const tools = ["jest", "jest-environment-node", "vitest", "@types"];
    for (const tool of tools)
      fs.symlinkSync(path.join(root, "node_modules", tool), path.join(cwd, "node_modules", tool));
    const bin = (file) => path.join(root, "node_modules", file);
    await succeeds(process.execPath, [bin("jest/bin/jest.js")], { cwd });
    await succeeds(process.execPath, [bin("vitest/vitest.mjs"), "run"], { cwd });

    for (const runner of RUNNERS) {
      const name = `${runner}-environment-miniflare`;
      write(
        `${runner}.mts`,
        `/// <reference types="${name}/globals" />\nimport environment from "${name}";
        export const value: Promise<string> = getMiniflareBindings().KV.get("key");
        export { environment };`,
      );
    }
    const compilerOptions = { module: "nodenext", strict: true, noEmit: true, skipLibCheck: true, types: ["node"] };
    write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["*.mts"] }));
    await succeeds(process.execPath, [bin("typescript/bin/tsc"), "-p", "tsconfig.json"], { cwd });
  });
});
