// The Jest that runs the tests: its environment for Node, wherever the package manager has put it, and whether this package
// can work with it.

import path from "node:path";

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

function resolve(name, paths) {
  try {
    return require.resolve(name, { paths });
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}

function resolveThrough(names) {
  let from = process.cwd();
  for (const name of names) {
    const found = resolve(name, [from]);
    if (found === undefined) return undefined;
    from = path.dirname(found);
  }
  return require.resolve(names.at(-1), { paths: [from] });
}

/** Jest's environment for Node, `{ NodeEnvironment, major }`: the class, and Jest's version. */
function requireNodeEnvironment() {
  const file = findNodeEnvironment();
  const { version } = require(resolve(`${NODE_ENVIRONMENT}/package.json`, [path.dirname(file)]));
  const major = Number.parseInt(version, 10);
  if (major < OLDEST) {
    const text = `miniflare-rs/jest needs Jest ${OLDEST} or newer, and ${NODE_ENVIRONMENT} is of version ${version} here`;
    throw new Error(`${text}: run \`npm i -D jest@latest\`.`);
  }
  const exported = require(file);
  return { NodeEnvironment: exported.TestEnvironment ?? exported, major };
}

/** Only Jest's own runner tells an environment where tests begin and end, which isolated storage follows. */
function checkRunner({ testRunner }) {
  if (!/jasmine2/.test(String(testRunner))) return;
  const text = `miniflare-rs/jest needs Jest's runner jest-circus, and the option "testRunner" is ${JSON.stringify(testRunner)}`;
  throw new Error(`${text}: remove that option, or set it to "jest-circus/runner".`);
}

export { checkRunner, requireNodeEnvironment };
