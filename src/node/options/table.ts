// The table of options. Each option is one row, in one of the groups below, and all code that deals with options loops over
// the rows: checks, wrangler.toml, the log, plugins, persistence, test environments.
//
// A group has
//   plugin     the plugin of Miniflare 2 that its options belong to, if any
//   missing    the name of the feature, if it is not implemented yet
//   options    the rows, by the names of the options
// and, where the room needs it,
//   settings(options)      its part of what `start` in `src/worker/start.js` gets
//   hooks(options, root)   its part of the hooks that the worker's lane calls in Node
//   inherit(options)       options that mounts take over from the main worker
//   bindings(options, mf)  `[name, value]` of bindings in a test environment without a worker; values may be promises
//
// A row has
//   check      checks a value (`check.js`); flags that exist on the command line only have no check
//   default    the value of an option that is not given, if nothing else decides it
//   label      the name in the log, where it differs from the words of the option's name
//   secret     whether the log hides the value
//   flag       as the command line's help shows it: "-k, --kv", "--(no-)cache"; "[script]" is the argument without a flag.
//              The log leaves out options without a flag
//   help       the text of the help
//   takes      what the help says that the flag takes, where it differs from `check.takes`
//   wrangler   the key in wrangler.toml, "miniflare.cache", or a function of the file's content and `{ folder, log }`
//   file       the file that the value `true` names
//   keeps      the room whose data the option names the place of; `folder` is the place that `true` names
//   missing    as of a group
//   standIns   `{ names(value), methods }`: bindings of a missing feature, which throw when they are used
//   needsWorker, runsScript   whether a test environment has to load a worker for it, and to run the worker's script

import * as bindings from "./bindings-options.ts";
import * as build from "./build-options.ts";
import * as core from "./core-options.ts";
import * as http from "./http-options.ts";
import * as instance from "./instance-options.ts";
import rooms from "../room-options.ts";
import * as scheduler from "./scheduler-options.ts";

/** The groups with options that have an effect; `full-table.js` adds the others. */
const GROUPS = [instance, core, scheduler, build, ...rooms, bindings, http];

/** All rows of these groups by name. */
const OPTIONS = Object.assign({}, ...GROUPS.map(({ options }) => options));

/** The row of an option, or undefined. The other groups are loaded when a name is in none of these, which is rare. */
function rowOf(name) {
  if (Object.hasOwn(OPTIONS, name)) return OPTIONS[name];
  const all = require("./full-table.ts").OPTIONS;
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

const rowsOf = (groups) => groups.flatMap(({ options }) => Object.entries(options));

/** `[name, row]` of the options that say where rooms store. */
const keepingIn = (groups) => rowsOf(groups).filter(([, { keeps }]) => keeps !== undefined);
const KEEPING = keepingIn(rooms);

/** The results of one function of the groups (`settings`, `hooks` or `inherit`), in one object. */
const allOf = (what, ...args) => Object.assign({}, ...GROUPS.map((group) => group[what]?.(...args)));

/** The file that an option names, as its value says. */
const fileOf = (name, value) => (value === true ? rowOf(name).file : value);

export { allOf, fileOf, GROUPS, KEEPING, keepingIn, OPTIONS, rowOf, rowsOf };
