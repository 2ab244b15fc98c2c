"use strict";
// The one table of options: each is a row of one of these groups, and what deals with options goes through it.
//
// A group: `plugin` of Miniflare 2 that its options are of, if any; `missing`, the feature that is not here yet; `options`.
// What a room does with its options, if anything:
// - `settings(options)`: what `start` in `src/worker/start.js` gets of them;
// - `hooks(options, root)`: what the lane asks Node for;
// - `inherit(options)`: what mounts have as the main worker has it;
// - `bindings(options, mf)`: `[name, value]` of what is bound where there is no worker; values may be promises.
//
// A row: `check`, which flags of the command line alone have none, and `default`, if nothing else decides it. Then
// - in the log, `label`, if it is not the option's words, and `secret`: the value is not shown;
// - on the command line `flag`, as its help shows it, with an alias and `(no-)` where there are such, `help`, and `takes` where
//   `check.takes` is not it; the flag in brackets is the one argument that is no flag. Options without are not logged;
// - in wrangler.toml `wrangler`: a path of keys, or a function of the whole and `{ folder, log }`;
// - `file`, which `true` means, of options that name one;
// - `keeps`, the room whose data the option says the place of, and `folder`, which `true` means;
// - `missing`, as of groups, and `standIns: { names(value), methods }`, the bindings that say so when they are used;
// - in test environments `needsWorker`: what it names is in a worker, and `runsScript`: so is what uses it.

const bindings = require("./bindings-options.js");
const build = require("./build-options.js");
const core = require("./core-options.js");
const instance = require("./instance-options.js");
const rooms = require("../room-options.js");
const scheduler = require("./scheduler-options.js");

/** The groups of what is here; `full-table.js` has the others too. */
const GROUPS = [instance, core, scheduler, build, ...rooms, bindings];

/** All rows of these groups by name. */
const OPTIONS = Object.assign({}, ...GROUPS.map(({ options }) => options));

/** The row of an option, or undefined. Few workers name any that is of none of these groups: the others are loaded for those. */
function rowOf(name) {
  if (Object.hasOwn(OPTIONS, name)) return OPTIONS[name];
  const all = require("./full-table.js").OPTIONS;
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

const rowsOf = (groups) => groups.flatMap(({ options }) => Object.entries(options));

/** `[name, row]` of the options that say where rooms store. */
const keepingIn = (groups) => rowsOf(groups).filter(([, { keeps }]) => keeps !== undefined);
const KEEPING = keepingIn(rooms);

/** What the groups that have such a function, `settings` or `hooks` or `inherit`, make of these options, in one object. */
const allOf = (what, ...args) => Object.assign({}, ...GROUPS.map((group) => group[what]?.(...args)));

/** The file that an option names, as its value says. */
const fileOf = (name, value) => (value === true ? rowOf(name).file : value);

module.exports = { allOf, fileOf, GROUPS, KEEPING, keepingIn, OPTIONS, rowOf, rowsOf };
