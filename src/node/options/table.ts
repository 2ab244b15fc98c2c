// The table of options. Each option is one row, in one of the groups below, and all code that deals with options loops over
// the rows: checks, wrangler.toml, the log, plugins, persistence, test environments.
//
// A group has
//   plugin     the plugin of Miniflare 2 that its options belong to, if any
//   section    the section of the command line's help, where there is no such plugin
//   options    the rows, by the names of the options
// and, where the room needs it,
//   settings(options)      its part of what `start` in `src/worker/start.ts` gets
//   hooks(options, root, report, log, group)   its part of the hooks that the worker's lane calls in Node
//   inherit(options)       options that mounts take over from the main worker
//   bindings(options)      `[name, open]` of bindings in a test environment without a worker: `open(inside)` gives the value
//
// A row has
//   check      checks a value (`check.ts`); flags that exist on the command line only have no check
//   default    the value of an option that is not given, if nothing else decides it
//   label      the name in the log, where it differs from the words of the option's name
//   secret     whether the log hides the value
//   flag       as the command line's help shows it: "-k, --kv", "--(no-)cache"; "[script]" is the argument without a flag.
//              The log leaves out options without a flag
//   help       the text of the help
//   takes      what the help says that the flag takes, where it differs from `check.takes`
//   implies    options that the flag sets as well, unless a flag of theirs is given
//   wrangler   the key in wrangler.toml, "miniflare.cache", or a function of the file's content and `{ folder, log }`
//   file       the file that the value `true` names
//   keeps      the room whose data the option names the place of; `folder` is the place that `true` names
//   watches    whether the value is a folder, a change in which reloads the worker, or a function that finds one in the value
//   needsWorker, runsScript   whether a test environment has to load a worker for it, and to run the worker's script

import * as bindings from "./bindings-options.ts";
import * as build from "./build-options.ts";
import * as core from "./core-options.ts";
import * as http from "./http-options.ts";
import * as instance from "./instance-options.ts";
import rooms from "../room-options.ts";
import * as scheduler from "./scheduler-options.ts";
import type { Log, MiniflareOptions } from "../../../index.d.ts";
import type { Inside } from "../instance/inside.ts";
import type { Group } from "../instance/group.ts";
import type { RoomHooks } from "../instance/lane-hooks.ts";
import type { Check } from "./check.ts";
import type { WranglerConfig, WranglerFile } from "./wrangler.ts";

/** The row of an option whose values are `Value`. */
export interface OptionRow<Value = unknown> {
  check?: Check;
  default?: Value;
  label?: string;
  secret?: boolean;
  flag?: string;
  help?: string;
  takes?: string;
  implies?: MiniflareOptions;
  wrangler?: string | ((config: WranglerConfig, file: WranglerFile) => Value | undefined);
  file?: string;
  keeps?: string;
  folder?: string;
  needsWorker?: boolean;
  runsScript?: boolean;
  watches?: boolean | ((value: never) => string | undefined);
}

/** Rows of public options, and of those of the command line, whose values `Others` has. */
export type OptionRows<Others = unknown> = {
  readonly [Name in keyof MiniflareOptions | Extract<keyof Others, string>]?: OptionRow<
    Name extends keyof MiniflareOptions
      ? Exclude<MiniflareOptions[Name], undefined>
      : Name extends keyof Others
        ? Others[Name]
        : never
  >;
};

/** A group of the table. */
export interface OptionGroup {
  readonly plugin?: string;
  readonly section?: string;
  readonly options: Readonly<Record<string, OptionRow>>;
  settings?(options: MiniflareOptions): object;
  /** What a room does for a lane of a worker with these options; `report` logs an error of work that no code awaits. */
  hooks?(
    options: MiniflareOptions,
    root: string,
    report: (error: unknown) => void,
    log: Log,
    group: Group,
  ): RoomHooks | undefined;
  inherit?(options: MiniflareOptions): MiniflareOptions;
  bindings?(options: MiniflareOptions): [name: string, open: (inside: Inside) => unknown][];
}

/** An option and its row. */
export type NamedRow = [name: string, row: OptionRow];
export type KeepingRow<Name = string> = [name: Name, row: OptionRow & { keeps: string; folder: string }];

/** Options that name a file, or say by `true` that there may be one. */
export type NamingFile = "wranglerConfigPath" | "packagePath" | "envPath" | "cfFetch";

/** Options that say where rooms store. */
export type PersistOption = KeepingIn<(typeof rooms)[number]["options"]>;
type KeepingIn<Rows> = Rows extends unknown
  ? { [Name in keyof Rows]: Rows[Name] extends { keeps: string } ? Name : never }[keyof Rows]
  : never;

/** What the functions of all groups give together. */
interface Joined {
  settings: object;
  inherit: MiniflareOptions;
}

/** All groups. */
const GROUPS: readonly OptionGroup[] = [instance, core, scheduler, build, ...rooms, bindings, http];

/** All rows by name. */
const OPTIONS: Readonly<Record<string, OptionRow>> & typeof instance.options = Object.assign(
  {},
  ...GROUPS.map(({ options }) => options),
);

/** The row of an option, or undefined. */
function rowOf(name: NamingFile): OptionRow & { file: string };
function rowOf(name: string): OptionRow | undefined;
function rowOf(name: string): OptionRow | undefined {
  return Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
}

const rowsOf = (groups: readonly OptionGroup[]): NamedRow[] => groups.flatMap(({ options }) => Object.entries(options));

/** `[name, row]` of the options that say where rooms store. */
const KEEPING = rowsOf(rooms).filter(
  (row): row is KeepingRow => row[1].keeps !== undefined,
) as KeepingRow<PersistOption>[];

/** The results of one function of the groups (`settings` or `inherit`), in one object. */
function allOf<What extends keyof Joined>(what: What, ...args: Parameters<Required<OptionGroup>[What]>): Joined[What] {
  const given = GROUPS.map((group) => (group[what] as ((...args: unknown[]) => object) | undefined)?.(...args));
  return Object.assign({}, ...given);
}

/** What the rooms do for a lane of a worker with these options. */
const roomHooks = (...args: Parameters<Required<OptionGroup>["hooks"]>): RoomHooks[] =>
  GROUPS.map((group) => group.hooks?.(...args)).filter((hooks) => hooks !== undefined);

/** The file that an option names, as its value says. */
const fileOf = (name: NamingFile, value: string | true): string => (value === true ? rowOf(name).file : value);

export { allOf, fileOf, GROUPS, KEEPING, OPTIONS, roomHooks, rowOf, rowsOf };
