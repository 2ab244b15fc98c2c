// Plugins: Miniflare 2 was made of them, and suites read from them what options are in force. That is what they are here, and
// the order in which the log and the command line have options.

import path from "node:path";
import { GROUPS, OPTIONS } from "./table.ts";
import { fileOf, rowsOf } from "./table.ts";
import type { MiniflareOptions, ModuleRule } from "../../../index.d.ts";
import type { NamingFile } from "./table.ts";

/** The plugins of Miniflare 2, in its order. */
const PLUGINS = [
  ...["CorePlugin", "HTTPPlugin", "SchedulerPlugin", "BuildPlugin", "KVPlugin", "D1Plugin", "R2Plugin"],
  ...["DurableObjectsPlugin", "CachePlugin", "SitesPlugin", "QueuesPlugin", "HTMLRewriterPlugin", "WebSocketPlugin"],
  "BindingsPlugin",
];
const HIDDEN = "**********";

let plugins: Record<string, string[]> | undefined;
/** The names of the options of each plugin; made when it is first asked for. */
const optionsOfPlugins = (): Record<string, string[]> =>
  (plugins ??= Object.fromEntries(PLUGINS.map((name) => [name, optionsOf(name)])));

function optionsOf(plugin: string): string[] {
  const rows = rowsOf(GROUPS.filter((group) => group.plugin === plugin));
  return rows.filter(([, { check }]) => check !== undefined).map(([name]) => name);
}

/** The options in force, by the plugin that each belongs to. */
function pluginsOf(options: MiniflareOptions): Record<string, Partial<MiniflareOptions>> {
  const all = options as Record<string, unknown>;
  const given = (names: string[]) => names.filter((name) => all[name] !== undefined).map((name) => [name, all[name]]);
  const plugins = Object.entries(optionsOfPlugins());
  return Object.fromEntries(plugins.map(([name, names]) => [name, Object.fromEntries(given(names))]));
}

/** The options in force as the log shows them, "Modules: true" each. */
function optionLines(options: MiniflareOptions): string[] {
  // Flags of the command that are not options of a worker are among those that it gives.
  const all = options as Record<string, unknown>;
  const own = GROUPS.filter(({ section }) => section !== undefined);
  const groups = [...PLUGINS.flatMap((plugin) => GROUPS.filter((group) => group.plugin === plugin)), ...own];
  return rowsOf(groups)
    .filter(([name, { flag }]) => all[name] !== undefined && flag !== undefined)
    .map(([name, { label = titleOf(name) }]) => [label, shown(name, all[name])])
    .filter(([, text]) => text !== undefined)
    .map(([label, text]) => `${label}: ${text}`);
}

function titleOf(name: string): string {
  return name[0].toUpperCase() + name.slice(1).replace(/[A-Z]/g, " $&");
}

function shown(name: string, value: unknown): string | undefined {
  const { file, secret } = OPTIONS[name];
  if (file !== undefined) return shownFile(name as NamingFile, value as boolean | string);
  if (secret) return HIDDEN;
  if (Array.isArray(value)) return value.map(shownItem).join(", ");
  return typeof value === "object" && value !== null ? Object.keys(value).join(", ") : String(value);
}

function shownFile(name: NamingFile, value: boolean | string): string | undefined {
  if (value === false) return undefined;
  const file = fileOf(name, value);
  return value === true ? file : path.relative("", file);
}

/** An item of a list: a text, a rule of modules, or what is bound to a queue. */
function shownItem(item: unknown): string {
  if (typeof item !== "object" || item === null) return String(item);
  const { name, queueName, type, include } = item as Partial<ModuleRule & Record<"name" | "queueName", string>>;
  return include === undefined ? String(name ?? queueName) : `{${type}: ${include.join(", ")}}`;
}

export { optionLines, optionsOfPlugins, PLUGINS, pluginsOf, titleOf };
