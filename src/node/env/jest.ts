// Jest's environment: `testEnvironment: "miniflare-rs/jest"`. The realm that Jest's own environment makes, and in it what a
// worker finds in its own: an instance for each test file, bindings, helpers, and storage that each test and each describe
// block undoes.

import type { Context } from "node:vm";
import { reportTimeout } from "./env-timeouts.ts";
import { expose } from "./expose.ts";
import { GLOBALS_CLEANUP, realmOf } from "./jest-realm.ts";
import { checkRunner } from "./jest-runner.ts";
import { environmentIn } from "./jest-later.ts";
import { planOf } from "./plan.ts";
import { warnOnce } from "./warn.ts";
import type { Environment } from "./environment.ts";
import type { Made, Realm } from "./jest-realm.ts";
import type { Arguments, Configuration } from "./jest-runner.ts";

/** Of `testEnvironmentOptions`, another that is Jest's own and not an instance's. */
const EXPORT_CONDITIONS = "customExportConditions";
/** Those of jsdom's environment, which a project may have for both. */
const OF_JSDOM = ["html", "url", "userAgent"];

/** What Jest's own runner tells of a test or a block. */
type TestEvent =
  | { name: "run_describe_start" | "run_describe_finish"; describeBlock: object }
  | { name: "test_start" | "test_done"; test: object }
  | { name: "test_fn_failure" | "hook_failure"; error: unknown };

class MiniflareEnvironment {
  declare static TestEnvironment: typeof MiniflareEnvironment;
  declare static default: typeof MiniflareEnvironment;

  context: Made["context"];
  global: Made["global"];
  moduleMocker: Made["moduleMocker"];
  fakeTimers: Made["fakeTimers"];
  fakeTimersModern: Made["fakeTimersModern"];

  #end: Realm["end"];
  #options: Record<string, unknown>;
  #conditions: string[];
  #environment: Environment | undefined;
  #isSetUp = false;
  /** What undoes a test or a block, by what Jest knows it by. */
  #restorers = new Map<object, () => Promise<void>>();
  /** Names of the test's global scope that neither its project nor a file of it has put there. */
  #given: Set<string>;

  constructor(config: Configuration, context: Arguments[1]) {
    // Jest 27 gives the project's configuration alone.
    const project = config.projectConfig ?? config;
    checkRunner(project);
    const all = project.testEnvironmentOptions ?? {};
    const { [GLOBALS_CLEANUP]: cleanup, [EXPORT_CONDITIONS]: conditions, ...options } = all;
    const { made, end } = realmOf(config, context, project, cleanup);
    this.context = made.context;
    this.global = made.global;
    this.moduleMocker = made.moduleMocker;
    this.fakeTimers = made.fakeTimers;
    this.fakeTimersModern = made.fakeTimersModern;
    this.#end = end;
    this.#options = options;
    this.#conditions = exportConditions(conditions);
    this.#given = new Set(givenNames(this.global, Object.keys(project.globals ?? {})));
  }

  async setup() {
    if (this.#isSetUp) {
      const remedy = "an environment that extends it calls super.setup() once";
      throw new Error(`miniflare-rs/jest is set up for this test file already: ${remedy}`);
    }
    this.#isSetUp = true;
    const plan = planOf(this.#options, { ignored: OF_JSDOM, scope: this.#scope(), warn: warnOnce });
    this.#environment = await environmentIn(this.getVmContext() as Context, this.global as typeof globalThis, plan);
    const { globals } = this.#environment;
    expose(this.global, this.context as Context, globals);
    for (const name of [...Object.getOwnPropertyNames(globals), "self"]) this.#given.add(name);
  }

  /** What the worker's script finds of the test's global scope: what the project, a set-up file or the test has put there. */
  #scope() {
    return {
      has: (name: string) => !this.#given.has(name) && Object.hasOwn(this.global ?? {}, name),
      get: (name: string) => this.global?.[name],
    };
  }

  async teardown() {
    await this.#environment?.dispose();
    this.#environment = undefined;
    this.#restorers.clear();
    this.#isSetUp = false;
    await this.#end();
    this.context = null;
    this.fakeTimers = null;
    this.fakeTimersModern = null;
  }

  getVmContext() {
    return this.context;
  }

  exportConditions() {
    return this.#conditions;
  }

  /** Storage is remembered where a test or a block begins, `beforeAll` and `beforeEach` included, and brought back. */
  async handleTestEvent(event: TestEvent) {
    switch (event.name) {
      case "run_describe_start":
        return this.#remember(event.describeBlock);
      case "test_start":
        return this.#remember(event.test);
      case "run_describe_finish":
        return this.#restore(event.describeBlock);
      case "test_done":
        return this.#restore(event.test);
      case "test_fn_failure":
      case "hook_failure":
        return reportTimeout(event.error, () => this.#environment?.pending(), this.global.console);
    }
  }

  async #remember(key: object) {
    this.#restorers.set(key, await (this.#environment as Environment).remember());
  }

  async #restore(key: object) {
    const restore = this.#restorers.get(key);
    this.#restorers.delete(key);
    await restore?.();
  }
}

/** What Jest's environment for Node puts into a global scope, by its names: the same for each test file of every project. */
function givenNames(scope: object, projectGlobals: string[]): string[] {
  given ??= Object.getOwnPropertyNames(scope).filter((name) => !projectGlobals.includes(name));
  return given;
}
let given: string[] | undefined;

function exportConditions(conditions: unknown = ["worker", "browser"]): string[] {
  if (Array.isArray(conditions) && conditions.every((one) => typeof one === "string")) return conditions;
  throw new Error("Custom export conditions specified but they are not an array of strings");
}

MiniflareEnvironment.TestEnvironment = MiniflareEnvironment;
MiniflareEnvironment.default = MiniflareEnvironment;

export default MiniflareEnvironment;
