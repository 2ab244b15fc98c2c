"use strict";
// Jest's environment: `testEnvironment: "miniflare-rs/jest"`. Jest's own for Node, and in its realm what a worker finds in
// its own: an instance for each test file, bindings, helpers, and storage that each test and each describe block undoes.

const path = require("node:path");
const { expose } = require("./expose.js");
const { loadInto } = require("./load.js");

const NodeEnvironment = requireNodeEnvironment();

/** Of `testEnvironmentOptions`, what is Jest's own and not an instance's. */
const GLOBALS_CLEANUP = "globalsCleanup";
const EXPORT_CONDITIONS = "customExportConditions";

/** As it is in the project; package managers may keep it out of reach of all but Jest, which comes with it. */
function requireNodeEnvironment() {
  const name = "jest-environment-node";
  const found =
    resolve(name, [__dirname, process.cwd()]) ?? resolveThrough(["jest", "@jest/core", "jest-config", name]);
  if (found !== undefined) return require(found).TestEnvironment ?? require(found);
  const text = `miniflare-rs/jest needs the package "${name}", which is not installed where ${process.cwd()} finds it`;
  throw new Error(`${text}: run \`npm i -D ${name}\`, in the version of your Jest.`);
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

class MiniflareEnvironment extends NodeEnvironment {
  #options;
  #conditions;
  #environment;

  constructor(config, context) {
    // Jest 27 gives the project's configuration alone.
    const project = config.projectConfig ?? config;
    const given = project.testEnvironmentOptions ?? {};
    const { [GLOBALS_CLEANUP]: cleanup, [EXPORT_CONDITIONS]: conditions, ...options } = given;
    // Jest's own environment makes a global of each option.
    const rest = { ...project, testEnvironmentOptions: cleanup === undefined ? {} : { [GLOBALS_CLEANUP]: cleanup } };
    super(config.projectConfig === undefined ? rest : { ...config, projectConfig: rest }, context);
    this.#options = options;
    this.#conditions = exportConditions(conditions);
  }

  async setup() {
    await super.setup();
    const { createEnvironment } = loadInto(this.getVmContext(), path.join(__dirname, "environment.js"));
    this.#environment = await createEnvironment(this.#options);
    expose(this.global, this.#environment.globals);
  }

  async teardown() {
    await this.#environment?.dispose();
    this.#environment = undefined;
    await super.teardown();
  }

  exportConditions() {
    return this.#conditions;
  }

  /** Storage is remembered where a test or a block begins, `beforeAll` and `beforeEach` included, and brought back. */
  async handleTestEvent(event) {
    switch (event.name) {
      case "run_describe_start":
        return this.#environment.remember(event.describeBlock);
      case "test_start":
        return this.#environment.remember(event.test);
      case "run_describe_finish":
        return this.#environment.restore(event.describeBlock);
      case "test_done":
        return this.#environment.restore(event.test);
    }
  }
}

function exportConditions(conditions = ["worker", "browser"]) {
  if (Array.isArray(conditions) && conditions.every((one) => typeof one === "string")) return conditions;
  throw new Error("Custom export conditions specified but they are not an array of strings");
}

module.exports = MiniflareEnvironment;
module.exports.TestEnvironment = MiniflareEnvironment;
module.exports.default = MiniflareEnvironment;
