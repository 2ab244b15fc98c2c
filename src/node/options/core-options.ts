// Options of Miniflare 2's core: the script, files with options, several workers, time, and the global scope; and the flags
// that exist on the command line only.

import { boolean, booleanOrString, check, isObject, isString, list, membersOf, oneOf } from "./check.ts";
import { optional, record, shape, string, strings } from "./check.ts";
// The table contains this group: these are called later than they are imported.
import { checkAll, optionCheck } from "./options.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Visit } from "./check.ts";
import type { OptionRows } from "./table.ts";

const moduleRule = shape(
  { type: string, include: strings, fallthrough: optional(boolean) },
  'an object like { type: "Text", include: ["**/*.txt"] }',
);

const pathOrOptions = check("a path, or an object of options", (value) => isString(value) || isObject(value));
function mount(value: unknown, path: string): void {
  pathOrOptions(value, path);
  if (isObject(value)) checkAll(value, `${path}.`);
}
mount.parts = (value: unknown, visit: Visit) => membersOf(value, optionCheck, visit);

/** Readers of keys in wrangler.toml, loaded when there is such a file. */
const keys = () => require("./wrangler-keys.ts") as typeof import("./wrangler-keys.ts");

/** Flags, and options that have no effect. */
type CommandLine = Record<"help" | "version" | "debug" | "verbose" | "updateCheck" | "repl" | "inaccurateCpu", boolean>;

const options = {
  help: { flag: "-h, --help", takes: "boolean", help: "Show help" },
  version: { flag: "-v, --version", takes: "boolean", help: "Show version number" },
  script: { check: string },
  scriptPath: {
    check: string,
    flag: "[script]",
    wrangler: (config, { folder }) => keys().scriptPath(config, folder),
  },
  wranglerConfigPath: {
    check: booleanOrString,
    file: "wrangler.toml",
    flag: "-c, --wrangler-config",
    takes: "string",
    help: "Path to wrangler.toml",
  },
  wranglerConfigEnv: {
    check: string,
    label: "Wrangler Environment",
    flag: "--wrangler-env",
    help: "Environment in wrangler.toml to use",
  },
  packagePath: {
    check: booleanOrString,
    file: "package.json",
    flag: "--package",
    takes: "string",
    help: "Path to package.json",
  },
  modules: {
    check: boolean,
    flag: "-m, --modules",
    help: "Enable modules",
    wrangler: ({ build }) => (build?.upload?.format === undefined ? undefined : build.upload.format === "modules"),
  },
  modulesRules: {
    check: list(moduleRule, "an array of rules"),
    flag: "--modules-rule",
    takes: "array:TYPE=GLOB",
    help: "Modules import rule",
    wrangler: ({ build, rules = build?.upload?.rules }) =>
      rules?.map(({ type, globs, fallthrough }) => ({ type, include: globs, fallthrough })),
  },
  compatibilityDate: {
    check: string,
    flag: "--compat-date",
    help: "Opt into backwards-incompatible changes from",
    wrangler: "compatibility_date",
  },
  compatibilityFlags: {
    check: strings,
    flag: "--compat-flag",
    help: "Control specific backwards-incompatible changes",
    wrangler: "compatibility_flags",
  },
  usageModel: {
    check: oneOf("bundled", "unbound"),
    flag: "--usage-model",
    help: "Usage model (bundled by default)",
    wrangler: "usage_model",
  },
  upstream: {
    check: string,
    flag: "-u, --upstream",
    help: "URL of upstream origin",
    wrangler: "miniflare.upstream",
  },
  watch: {
    check: boolean,
    flag: "-w, --watch",
    help: "Watch files for changes",
    wrangler: ({ miniflare }) => miniflare?.watch ?? (miniflare?.live_reload || undefined),
  },
  debug: { flag: "-d, --debug", takes: "boolean", help: "Enable debug logging" },
  verbose: { flag: "-V, --verbose", takes: "boolean", help: "Enable verbose logging" },
  updateCheck: {
    flag: "--(no-)update-check",
    takes: "boolean",
    help: "Enable update checker (enabled by default)",
  },
  repl: { label: "REPL", flag: "--repl", takes: "boolean", help: "Enable interactive REPL" },
  rootPath: { check: string, flag: "--root", help: "Path to resolve files relative to" },
  mounts: {
    check: record(mount),
    needsWorker: true,
    flag: "--mount",
    takes: "array:NAME=PATH[@ENV]",
    help: "Mount additional named workers",
    wrangler: (config, { folder }) => keys().mounts(config, folder),
  },
  name: { check: string, flag: "--name", help: "Name of service", wrangler: "name" },
  routes: {
    check: strings,
    flag: "--route",
    help: "Route to respond with this worker on",
    wrangler: (config) => keys().routes(config),
  },
  logUnhandledRejections: { check: boolean },
  globalAsyncIO: {
    check: boolean,
    label: "Allow Global Async I/O",
    flag: "--global-async-io",
    help: "Allow async I/O outside handlers",
    wrangler: "miniflare.global_async_io",
  },
  globalTimers: {
    check: boolean,
    label: "Allow Global Timers",
    flag: "--global-timers",
    help: "Allow setting timers outside handlers",
    wrangler: "miniflare.global_timers",
  },
  globalRandom: {
    check: boolean,
    label: "Allow Global Secure Random",
    flag: "--global-random",
    help: "Allow secure random generation outside handlers",
    wrangler: "miniflare.global_random",
  },
  actualTime: {
    check: boolean,
    flag: "--actual-time",
    help: "Always return correct time from Date methods",
    wrangler: "miniflare.actual_time",
  },
  inaccurateCpu: {
    check: boolean,
    label: "Inaccurate CPU Time Measurements",
    flag: "--inaccurate-cpu",
    help: "Log inaccurate CPU time measurements",
    wrangler: "miniflare.inaccurate_cpu",
  },
} satisfies OptionRows<CommandLine>;

export const plugin = "CorePlugin";
export const inherit = ({ watch }: MiniflareOptions) => (watch === true ? { watch } : {});
export { options };
