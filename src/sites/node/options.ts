// The options of Workers Sites.

import { string, strings } from "../../node/options/check.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { OptionRows } from "../../node/options/table.ts";

const options = {
  sitePath: {
    check: string,
    needsWorker: true,
    watches: true,
    label: "Workers Site Path",
    flag: "-s, --site",
    help: "Path to serve Workers Site files from",
    wrangler: "site.bucket",
  },
  siteInclude: {
    check: strings,
    label: "Workers Site Include",
    flag: "--site-include",
    help: "Glob pattern of site files to serve",
    wrangler: "site.include",
  },
  siteExclude: {
    check: strings,
    label: "Workers Site Exclude",
    flag: "--site-exclude",
    help: "Glob pattern of site files not to serve",
    wrangler: "site.exclude",
  },
} satisfies OptionRows;

export const plugin = "SitesPlugin";
export const settings = (options: MiniflareOptions) => {
  if (!options.sitePath) return { site: null };
  const { siteOf } = require("./manifest.ts") as typeof import("./manifest.ts");
  return { site: siteOf(options, options.sitePath) };
};
export { options };
