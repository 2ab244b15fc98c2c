// Plugins: Miniflare 2 was made of them, and suites read from them what options are in force. That is what they are here, and
// the order in which the log and the command line have options.

import path from "node:path";
import { GROUPS, OPTIONS } from "./full-table.ts";
import { fileOf, rowsOf } from "./table.ts";

/** The plugins of Miniflare 2, in its order. */
const NAMES = [
  ...["CorePlugin", "HTTPPlugin", "SchedulerPlugin", "BuildPlugin", "KVPlugin", "D1Plugin", "R2Plugin"],
  ...["DurableObjectsPlugin", "CachePlugin", "SitesPlugin", "QueuesPlugin", "HTMLRewriterPlugin", "WebSocketPlugin"],
  "BindingsPlugin",
];
const HIDDEN = "**********";

let plugins;
/** The names of the options of each plugin; made when it is first asked for. */
const optionsOfPlugins = () => (plugins ??= Object.fromEntries(NAMES.map((name) => [name, optionsOf(name)])));

function optionsOf(plugin) {
  const rows = rowsOf(GROUPS.filter((group) => group.plugin === plugin));
  return rows.filter(([, { check }]) => check !== undefined).map(([name]) => name);
}

/** The options in force, by the plugin that each belongs to. */
function pluginsOf(options) {
  const given = (names) => names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  const all = Object.entries(optionsOfPlugins());
  return Object.fromEntries(all.map(([name, names]) => [name, Object.fromEntries(given(names))]));
}

/** The options in force as the log shows them, "Modules: true" each. */
function optionLines(options) {
  const given = Object.assign({}, ...Object.values(pluginsOf(options)));
  return Object.entries(given)
    .filter(([name]) => OPTIONS[name].flag !== undefined)
    .map(([name, value]) => [OPTIONS[name].label ?? titleOf(name), shown(name, value)])
    .filter(([, text]) => text !== undefined)
    .map(([label, text]) => `${label}: ${text}`);
}

function titleOf(name) {
  return name[0].toUpperCase() + name.slice(1).replace(/[A-Z]/g, " $&");
}

function shown(name, value) {
  const { file, secret } = OPTIONS[name];
  if (file !== undefined) return shownFile(value, fileOf(name, value));
  if (secret) return HIDDEN;
  if (Array.isArray(value)) return value.map(shownItem).join(", ");
  return typeof value === "object" && value !== null ? Object.keys(value).join(", ") : String(value);
}

function shownFile(value, file) {
  if (value === false) return undefined;
  return value === true ? file : path.relative("", file);
}

function shownItem(item) {
  if (typeof item !== "object" || item === null) return String(item);
  return item.include === undefined ? (item.name ?? item.queueName) : `{${item.type}: ${item.include.join(", ")}}`;
}

export { optionLines, optionsOfPlugins, pluginsOf, titleOf };
