// What an environment is made with: the options of its instance, complete, and what follows from them. It is data, so it is
// the same for each realm, and is made where the test runner's own code runs: what is wrong with it fails the set-up.

import { enabledFlags } from "../options/compat.ts";
import { completeOptions, FILES_READ, LOADS_LATER, OUTER_SCOPE } from "../options/config.ts";
import { NoOpLog } from "../log/log.ts";
import { validateOptions } from "../options/options.ts";
import { mockedBy } from "../../mock/node/options.ts";
import { tracked } from "../../pending/node/options.ts";
import { KEEPING } from "../options/table.ts";
import { bindingNames, needsWorker } from "./bindings.ts";
import { readOptions } from "./env-options.ts";
import { objectsScript, withNeededScripts } from "./scripts.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { OuterScope } from "../options/config.ts";

/** What the test runner has. */
export interface Host {
  /** Tells the runner's user. */
  warn(text: string): void;
  /** Where the worker's script finds globals that it has not. */
  scope?: OuterScope;
  /** Names of options that are for others. */
  ignored: readonly string[];
}

export interface Plan {
  /** What the instance gets, but for its mock and its log. */
  instance: MiniflareOptions;
  /** The user's, with what their files say. */
  options: MiniflareOptions;
  /** The names that Durable Objects are bound to. */
  objects: string[];
  flags: string[];
  /** Whether something is bound or done that is in a worker. If not, the instance can be made when a test first uses it. */
  hasWorker: boolean;
  /**
   * Whether the worker is started with the environment: if there is one, and to run the script of Durable Objects the first
   * time in this process, as what is wrong with it fails the set-up. Later it runs when a test first uses an object.
   */
  startsNow: boolean;
  /** What that script is known by. */
  script: string | undefined;
  /** The names of bindings that are globals, where there is no worker. */
  globalBindings: string[];
}

const DEFAULTS = { wranglerConfigPath: true, packagePath: true, envPathDefaultFallback: true, ...tracked };

/** What a test cannot change: nothing is kept, nothing is built or watched, and it is no request with limits. */
const FORCED = {
  watch: false,
  buildCommand: undefined,
  crons: undefined,
  ...Object.fromEntries(KEEPING.map(([name]) => [name, false])),
  globalAsyncIO: true,
  globalTimers: true,
  globalRandom: true,
  actualTime: true,
};

/** Plans an environment with these options of Miniflare. */
function planOf(given: unknown, { warn, scope, ignored }: Host): Plan {
  const log = new NoOpLog();
  const all: MiniflareOptions = {
    ...DEFAULTS,
    ...readOptions(given, warn, ignored),
    ...FORCED,
    ...mockedBy(undefined),
    log,
  };
  validateOptions(all);
  const { options } = completeOptions(all, log);
  const hasWorker = needsWorker(options);
  const script = objectsScript(options);
  const forced =
    (hasWorker || script !== undefined) && scope !== undefined ? { ...FORCED, [OUTER_SCOPE]: scope } : FORCED;
  const startsNow = hasWorker || (script !== undefined && !started.has(script));
  const own = { ...options, ...FILES_READ, ...forced, [LOADS_LATER]: !startsNow };
  const { options: instance, objects } = withNeededScripts(own, forced, log);
  const globalBindings = hasWorker || options.modules === true ? [] : bindingNames(options);
  return { instance, options, objects, flags: enabledFlags(options), hasWorker, startsNow, script, globalBindings };
}

/** The scripts of Durable Objects that this process has started. */
const started = new Set<string>();

/** Notes that an environment with this plan has been made. */
function noteStart({ script }: Plan): void {
  if (script !== undefined) started.add(script);
}

export { noteStart, planOf };
