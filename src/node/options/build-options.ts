// Options of builds.

import { string, strings } from "./check.ts";
import type { OptionRows } from "./table.ts";

const options = {
  buildCommand: {
    check: string,
    flag: "-B, --build-command",
    help: "Command to build project",
    wrangler: "build.command",
  },
  buildBasePath: {
    check: string,
    flag: "--build-base-path",
    help: "Working directory for build command",
    wrangler: "build.cwd",
  },
  buildWatchPaths: {
    check: strings,
    flag: "--build-watch-path",
    help: "Directory to watch for rebuilding on changes",
    implies: { watch: true },
    wrangler: (config) =>
      (require("./wrangler-keys.ts") as typeof import("./wrangler-keys.ts")).buildWatchPaths(config),
  },
} satisfies OptionRows;

export const plugin = "BuildPlugin";
export { options };
