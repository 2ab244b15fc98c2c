// The Jest that runs the tests: its environment for Node, wherever the package manager has put it, and whether this package
// can work with it.

import path from "node:path";
import type { TestEnvironment } from "jest-environment-node";

const NODE_ENVIRONMENT = "jest-environment-node";
const OLDEST = 27;

/** Where Jest's environment for Node is; package managers may keep it out of reach of all but Jest, which comes with it. */
function findNodeEnvironment() {
  const found =
    resolve(NODE_ENVIRONMENT, [__dirname, process.cwd()]) ??
    resolveThrough(["jest", "@jest/core", "jest-config", NODE_ENVIRONMENT]);
  if (found !== undefined) return found;
  const text = `miniflare-rs/jest needs the package "${NODE_ENVIRONMENT}", which is not installed where ${process.cwd()} finds it`;
  throw new Error(`${text}: run \`npm i -D ${NODE_ENVIRONMENT}\`, in the version of your Jest.`);
}

function resolve(name: string, paths: string[]) {
  try {
    return require.resolve(name, { paths });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

function resolveThrough(names: string[]) {
  let from = process.cwd();
  for (const name of names) {
    const found = resolve(name, [from]);
    if (found === undefined) return undefined;
    from = path.dirname(found);
  }
  return require.resolve(names[names.length - 1], { paths: [from] });
}

type NodeEnvironment = InstanceType<typeof TestEnvironment>;
/** The packages of Jest that its environment for Node is made of. */
interface Tools {
  util: Pick<typeof import("jest-util"), "installCommonGlobals">;
  mock: Pick<typeof import("jest-mock"), "ModuleMocker">;
  timers: Pick<typeof import("@jest/fake-timers"), "LegacyFakeTimers" | "ModernFakeTimers">;
}
type Arguments = ConstructorParameters<typeof TestEnvironment>;
type Project = Arguments[0]["projectConfig"];
/** Jest 27 gives the project's configuration alone. */
type Configuration = Arguments[0] | (Project & { projectConfig?: undefined });
type NodeEnvironmentClass = new (config: Configuration, context: Arguments[1]) => NodeEnvironment;

/** Jest's environment for Node: the class, what it is made of, and Jest's version. */
function requireNodeEnvironment(): { NodeEnvironment: NodeEnvironmentClass; tools: Tools; major: number } {
  const file = findNodeEnvironment();
  const { version } = require(require.resolve(`${NODE_ENVIRONMENT}/package.json`, { paths: [path.dirname(file)] }));
  const major = Number.parseInt(version, 10);
  if (major < OLDEST) {
    const text = `miniflare-rs/jest needs Jest ${OLDEST} or newer, and ${NODE_ENVIRONMENT} is of version ${version} here`;
    throw new Error(`${text}: run \`npm i -D jest@latest\`.`);
  }
  const exported = require(file);
  const tool = (name: string) => require(require.resolve(name, { paths: [path.dirname(file)] }));
  const tools = { util: tool("jest-util"), mock: tool("jest-mock"), timers: tool("@jest/fake-timers") };
  return { NodeEnvironment: exported.TestEnvironment ?? exported, tools, major };
}

/** Only Jest's own runner tells an environment where tests begin and end, which isolated storage follows. */
function checkRunner({ testRunner }: { testRunner?: unknown }) {
  if (!/jasmine2/.test(String(testRunner))) return;
  const text = `miniflare-rs/jest needs Jest's runner jest-circus, and the option "testRunner" is ${JSON.stringify(testRunner)}`;
  throw new Error(`${text}: remove that option, or set it to "jest-circus/runner".`);
}

export { checkRunner, requireNodeEnvironment };
export type { Arguments, Configuration, NodeEnvironment, Project };
