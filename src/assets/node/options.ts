// The option of static assets.

import path from "node:path";
import { anyRecord, boolean, check, isString, oneOf, optional, shape, string } from "../../node/options/check.ts";
import { enabledFlags } from "../../node/options/compat.ts";
import type { AssetsOptions, Log, MiniflareOptions } from "../../../index.d.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { RequestParts } from "../../node/http/http-request.ts";
import type { OptionRows } from "../../node/options/table.ts";
import type { AssetsConfig } from "../../node/options/wrangler.ts";
import type { AssetSettings } from "./assets.ts";

const isRule = (rule: unknown) => isString(rule) && /^!?\//.test(rule);
const areRules = (value: unknown) =>
  Array.isArray(value) && value.every(isRule) && value.some((rule) => rule.startsWith("/"));
const rules = check(
  'a boolean, or paths like ["/api/*", "!/api/docs/*"], one at least without "!"',
  (value) => typeof value === "boolean" || areRules(value),
);
const htmlHandling = oneOf("auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none");
const notFoundHandling = oneOf("none", "single-page-application", "404-page");
const assets = shape(
  {
    directory: string,
    binding: optional(string),
    htmlHandling: optional(htmlHandling),
    notFoundHandling: optional(notFoundHandling),
    runWorkerFirst: optional(rules),
    assetConfig: optional(
      shape({ html_handling: optional(htmlHandling), not_found_handling: optional(notFoundHandling) }, "an object"),
    ),
    routerConfig: optional(
      shape(
        { invoke_user_worker_ahead_of_assets: optional(boolean), static_routing: optional(anyRecord) },
        "an object",
      ),
    ),
  },
  'a folder, or an object like { directory: "public", binding: "ASSETS" }',
  isString,
);

const options = {
  assets: {
    check: assets,
    watches: (given: string | AssetsOptions) => (isString(given) ? given : given.directory),
    label: "Assets",
    flag: "--assets",
    takes: "string",
    help: "Folder of static assets to serve",
    needsWorker: true,
    wrangler: ({ assets }, { folder }) => assets && optionOf(assets, folder),
  },
} satisfies OptionRows;

function optionOf(config: AssetsConfig, folder: string): AssetsOptions | undefined {
  // An adapter of a framework may name the folder later.
  if (config.directory === undefined) return undefined;
  const { directory, binding, html_handling, not_found_handling, run_worker_first } = config;
  return {
    directory: path.resolve(folder, directory),
    ...(binding !== undefined && { binding }),
    ...(html_handling !== undefined && { htmlHandling: html_handling }),
    ...(not_found_handling !== undefined && { notFoundHandling: not_found_handling }),
    ...(run_worker_first !== undefined && { runWorkerFirst: run_worker_first }),
  };
}

/** Assets answer in the worker's place, and are a service that it binds. */
function hooks(options: MiniflareOptions, root: string, _report: unknown, log: Log): RoomHooks | undefined {
  if (options.assets === undefined) return undefined;
  const { Assets } = require("./assets.ts") as typeof import("./assets.ts");
  const given = isString(options.assets) ? { directory: options.assets } : options.assets;
  const assets = new Assets(settingsOf(given, options, root), log);
  const fetch = (request: RequestParts) => assets.fetch(request);
  return {
    front: (request) => assets.front(request),
    services: given.binding === undefined ? {} : { [given.binding]: fetch },
  };
}

function settingsOf(given: AssetsOptions, options: MiniflareOptions, root: string): AssetSettings {
  const { assetConfig = {}, routerConfig = {} } = given;
  const { invoke_user_worker_ahead_of_assets: isAhead = false, static_routing: routing } = routerConfig;
  const excluded = routing?.asset_worker?.map((rule) => `!${rule}`) ?? [];
  return {
    directory: path.resolve(root, given.directory),
    htmlHandling: given.htmlHandling ?? assetConfig.html_handling ?? "auto-trailing-slash",
    notFoundHandling: given.notFoundHandling ?? assetConfig.not_found_handling ?? "none",
    runWorkerFirst: given.runWorkerFirst ?? (routing === undefined ? isAhead : [...routing.user_worker, ...excluded]),
    hasWorker: options.script !== undefined || options.scriptPath !== undefined,
    prefersNavigation: enabledFlags(options).includes("assets_navigation_prefers_asset_serving"),
  };
}

export const section = "Assets";
export { hooks, options };
