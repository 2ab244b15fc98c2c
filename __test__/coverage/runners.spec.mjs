// The coverage of Jest and Vitest, of a project in TypeScript whose tests call its worker in every way, and some of its functions
// themselves: the runner's report counts both.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fetchRunner, nodeFor, RUNNERS, VITEST_COVERAGE } from "../../scripts/runners.mjs";
import { root as packageRoot, run } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { within } from "../support/test.mjs";

const test = within(400_000);

/** The functions of a worker, each with whether what the tests do reaches it. */
const SOURCES = {
  "wrangler.jsonc": JSON.stringify({
    name: "project",
    main: "src/index.ts",
    compatibility_date: "2024-01-01",
    vars: { NAME: "World" },
    durable_objects: { bindings: [{ name: "BOX", class_name: "Box" }] },
  }),
  "src/index.ts": `import { Box } from "./box";
import { greet, part, shout } from "./greet";

interface Env {
  NAME: string;
  BOX: any;
}

export { Box };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/greet") {
      return new Response(greet(env.NAME));
    }
    if (pathname === "/box") {
      return env.BOX.get(env.BOX.idFromName("a")).fetch(request);
    }
    if (pathname === "/part") {
      return new Response(part(env.NAME));
    }
    return new Response(shout("nobody"), { status: 404 });
  },
};
`,
  "src/greet.ts": `export function greet(name: string): string {
  return "Hello " + name;
}

export function part(name: string): string {
  return "Goodbye " + name;
}

export function shout(text: string, times?: number): string {
  if (times === undefined) {
    return text.toUpperCase();
  }
  return text.toUpperCase().repeat(times);
}
`,
  "src/box.ts": `export class Box {
  fetch(): Response {
    return new Response(this.open());
  }
  open(): string {
    return "box";
  }
  close(): string {
    return "closed";
  }
}
`,
};

const ASK = `const ask = async (mf, path, text) => {
  const res = await mf.dispatchFetch("http://localhost" + path);
  expect(await res.text()).toBe(text);
};`;
/** Instances that are disposed of, reloaded, and left to themselves. */
const INSTANCES = `${ASK}
test("answers", async () => {
  const mf = new Miniflare({ wranglerConfigPath: true });
  await ask(mf, "/greet", "Hello World");
  await mf.reload();
  await ask(mf, "/greet", "Hello World");
  await mf.dispose();
  await ask(new Miniflare({ wranglerConfigPath: true }), "/box", "box");
});`;
const UNIT = `test("shouts", () => {
  expect(shout("a", 2)).toBe("AA");
});`;
/** The worker is that of the environment. */
const ENVIRONMENT = `test("has the worker of the project", async () => {
  const { BOX } = getMiniflareBindings();
  const res = await BOX.get(BOX.idFromName("a")).fetch("http://localhost/");
  expect(await res.text()).toBe("box");
});`;

/** What is counted: how often each function has run, and the lines that have not. */
const COUNTS = { "src/box.ts": { fetch: 2, open: 2, close: 0 }, "src/greet.ts": { greet: 2, part: 0, shout: 1 } };
const FETCHES = { "src/index.ts": { fetch: 3 } };
const GOLDEN = { ...COUNTS, ...FETCHES };
/** Jest and the oldest Vitest report lines, the others statements. */
const MISSED_LINES = { "src/box.ts": [9, 10], "src/greet.ts": [6, 7, 11, 12], "src/index.ts": [20, 21, 22, 23] };
const MISSED_STATEMENTS = { "src/box.ts": [9], "src/greet.ts": [6, 11], "src/index.ts": [20, 21, 23] };

const ENV = { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: "", NODE_V8_COVERAGE: undefined };
const inRoot = (...parts) => path.join(packageRoot, "node_modules", ...parts);

/** A project with these packages: their paths by their names. */
function projectOf(t, files, packages) {
  const root = folder(t, { "package.json": "{}", ...SOURCES, ...files });
  for (const [name, target] of Object.entries({
    esbuild: inRoot("esbuild"),
    "miniflare-rs": packageRoot,
    ...packages,
  })) {
    const link = path.join(root, "node_modules", name);
    fs.mkdirSync(path.dirname(link), { recursive: true });
    fs.symlinkSync(target, link);
  }
  return root;
}

async function succeeds(command, args, cwd) {
  const { code, stdout, stderr } = await run(command, args, { cwd, env: ENV, timeout: 150_000 });
  assert.equal(code, 0, stdout + stderr);
}

function reportOf(root) {
  const report = JSON.parse(fs.readFileSync(path.join(root, "coverage/coverage-final.json"), "utf8"));
  const files = Object.entries(report).map(([file, found]) => [path.relative(root, file), found]);
  const of = (each) => Object.fromEntries(files.map(([file, found]) => [file, each(found)]).sort());
  const counts = of(({ fnMap, f }) => Object.fromEntries(Object.keys(f).map((key) => [fnMap[key].name, f[key]])));
  const lines = ({ s, statementMap }) =>
    Object.keys(s)
      .filter((key) => s[key] === 0)
      .map((key) => statementMap[key].start.line);
  return { counts, missed: of((found) => [...new Set(lines(found))]) };
}

const JEST_CONFIG = {
  coverageProvider: "v8",
  coverageReporters: ["json"],
  reporters: ["default", "miniflare-rs/jest-coverage"],
  transform: { "\\.ts$": "./esbuild.cjs" },
  testEnvironment: "node",
};
const JEST_SUITE = {
  "jest.config.json": JSON.stringify(JEST_CONFIG),
  "esbuild.cjs": `const { transformSync } = require("esbuild");
module.exports = {
  process(source, file) {
    const sourcefile = typeof file === "string" ? file : file.sourcePath;
    return transformSync(source, { loader: "ts", format: "cjs", target: "node20", sourcemap: "external", sourcefile });
  },
};`,
  "instances.test.js": `const { Miniflare } = require("miniflare-rs");\n${INSTANCES}`,
  "unit.test.js": `const { shout } = require("./src/greet");\n${UNIT}`,
  "environment.test.js": `/**
 * @jest-environment miniflare-rs/jest
 * @jest-environment-options { "wranglerConfigPath": true }
 */
${ENVIRONMENT}`,
};

describe("Jest's coverage", () => {
  const packages = { "jest-environment-node": inRoot("jest-environment-node") };
  const newest = inRoot("jest/bin/jest.js");

  test("counts workers of tests and of the environment", async (t) => {
    const root = projectOf(t, JEST_SUITE, packages);
    await succeeds(process.execPath, [newest, "--no-cache", "--coverage"], root);
    const { counts, missed } = reportOf(root);
    assert.deepEqual(counts, GOLDEN);
    assert.deepEqual(missed, MISSED_LINES);
  });

  test("counts workers in one process, and files that nothing has loaded", async (t) => {
    const never = "export function never(): void {\n  throw new Error();\n}\n";
    const root = projectOf(t, { ...JEST_SUITE, "src/never.ts": never }, packages);
    const args = [newest, "--no-cache", "--coverage", "-i", "--collectCoverageFrom=src/**"];
    await succeeds(process.execPath, args, root);
    const { counts, missed } = reportOf(root);
    assert.deepEqual(counts, { ...GOLDEN, "src/never.ts": { "(empty-report)": 0 } });
    assert.deepEqual(missed, { ...MISSED_LINES, "src/never.ts": [1, 2, 3] });
  });

  test("leaves out what the configuration leaves out", async (t) => {
    const root = projectOf(t, JEST_SUITE, packages);
    const args = [newest, "instances", "--no-cache", "--coverage", "--coveragePathIgnorePatterns=box"];
    await succeeds(process.execPath, args, root);
    assert.deepEqual(reportOf(root).counts, {
      "src/greet.ts": { greet: 2, part: 0, shout: 0 },
      "src/index.ts": { fetch: 3 },
    });
  });

  test("counts workers in the oldest version of Jest", async (t) => {
    const [oldest] = RUNNERS.jest;
    const modules = fetchRunner(oldest);
    const { "environment.test.js": _, ...suite } = JEST_SUITE;
    const root = projectOf(t, suite, {});
    await succeeds(process.execPath, [path.join(modules, "jest/bin/jest.js"), "--no-cache", "--coverage"], root);
    const { counts } = reportOf(root);
    assert.deepEqual(counts, { ...GOLDEN, "src/box.ts": { fetch: 1, open: 1, close: 0 } });
  });

  test("is needed for anything to be counted", async (t) => {
    const test = `test("is not counted", () => { expect(process.env.MINIFLARE_RS_COVERAGE).toBe(undefined); });`;
    const root = projectOf(t, { ...JEST_SUITE, "switch.test.js": test }, packages);
    await succeeds(process.execPath, [newest, "--no-cache", "switch"], root);
    await succeeds(process.execPath, [newest, "--no-cache", "switch", "--coverage", "--coverageProvider=babel"], root);
  });
});

const VITEST_SUITE = {
  "vitest.config.mjs": `export default {
  test: {
    globals: true,
    coverage: {
      provider: "custom",
      customProviderModule: "miniflare-rs/vitest-coverage",
      reporter: ["json"],
      include: ["src/**"],
    },
    environmentOptions: { wranglerConfigPath: true },
  },
};`,
  "instances.test.js": `import { Miniflare } from "miniflare-rs";\n${INSTANCES}`,
  "unit.test.js": `import { shout } from "./src/greet";\n${UNIT}`,
  "environment.test.js": `// @vitest-environment miniflare\n${ENVIRONMENT}`,
  "node_modules/vitest-environment-miniflare/package.json": '{ "main": "index.js" }',
  "node_modules/vitest-environment-miniflare/index.js": 'module.exports = require("miniflare-rs/vitest");',
};

function vitestProject(t, runner, files = {}) {
  const modules = fetchRunner(runner);
  const packages = ["vitest", "@vitest/coverage-v8"].map((name) => [name, path.join(modules, name)]);
  const root = projectOf(t, { ...VITEST_SUITE, ...files }, Object.fromEntries(packages));
  const { command } = nodeFor(runner);
  return {
    root,
    vitest: (...args) => succeeds(command, [path.join(modules, "vitest/vitest.mjs"), "run", ...args], root),
  };
}

/** The oldest that has a provider of this kind, one that converts counts by statements, and the newest. */
const TESTED = [VITEST_COVERAGE[0], ...VITEST_COVERAGE.slice(-2)];

for (const runner of TESTED) {
  const missedBy = runner === VITEST_COVERAGE[0] ? MISSED_LINES : MISSED_STATEMENTS;

  describe(`the coverage of Vitest ${runner.version}`, () => {
    test("counts workers of tests and of the environment", async (t) => {
      const { root, vitest } = vitestProject(t, runner);
      await vitest("--coverage.enabled");
      const { counts, missed } = reportOf(root);
      assert.deepEqual(counts, GOLDEN);
      assert.deepEqual(missed, missedBy);
    });

    test("counts workers in threads", async (t) => {
      const { root, vitest } = vitestProject(t, runner);
      await vitest("--coverage.enabled", "--pool=threads");
      const { counts, missed } = reportOf(root);
      assert.deepEqual(counts, GOLDEN);
      assert.deepEqual(missed, missedBy);
    });

    test("leaves out what the configuration leaves out", async (t) => {
      const { root, vitest } = vitestProject(t, runner);
      await vitest("--coverage.enabled", "--coverage.exclude=**/box.ts", "instances");
      assert.deepEqual(Object.keys(reportOf(root).counts), ["src/greet.ts", "src/index.ts"]);
    });

    test("is needed for anything to be counted", async (t) => {
      const test = `test("is not counted", () => { expect(process.env.MINIFLARE_RS_COVERAGE).toBe(undefined); });`;
      const { vitest } = vitestProject(t, runner, { "switch.test.js": test });
      await vitest("switch");
    });
  });
}

describe("the coverage of Vitest", () => {
  test("names the package that it needs, where it is missing", async (t) => {
    const { root } = vitestProject(t, VITEST_COVERAGE.at(-2));
    fs.rmSync(path.join(root, "node_modules/@vitest"), { recursive: true });
    const script = `import coverage from "miniflare-rs/vitest-coverage";
      await coverage.getProvider().catch(({ message }) => console.log(message));`;
    fs.writeFileSync(path.join(root, "script.mjs"), script);
    const { stdout } = await run(process.execPath, ["script.mjs"], { cwd: root, env: ENV });
    assert.match(
      stdout,
      /needs the package "@vitest\/coverage-v8", which is not installed .*: run `npm i -D @vitest\/coverage-v8`/,
    );
  });
});
