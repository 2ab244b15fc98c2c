// The build of a worker: a command that is run before its script is read.

import path from "node:path";
import { BuildError } from "../errors.ts";
import { showProgress } from "../log/progress.ts";
import type { Log, MiniflareOptions } from "../../../index.d.ts";

/** A build that is under way. */
export interface Build {
  /** Rejects when the command fails. */
  done: Promise<void>;
  /** Ends it before it is done. */
  stop(): void;
}

export type BuildOptions = MiniflareOptions & { buildCommand: string };

/** Starts the command of `buildCommand`, with this process's own input and output. */
function startBuild({ buildCommand, buildBasePath = "." }: BuildOptions, root: string, log: Log): Build {
  const { spawn } = require("node:child_process") as typeof import("node:child_process");
  const cwd = path.resolve(root, buildBasePath);
  const env = { ...process.env, MINIFLARE: "1" };
  const child = spawn(buildCommand, { cwd, env, shell: true, stdio: "inherit" });
  const endProgress = showProgress(log, "Building");
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (error) => reject(new BuildError(-1, `Build cannot be started in ${cwd}: ${error.message}`)));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(log.info("Build succeeded"));
      else reject(failure(code, signal));
    });
  });
  return { done: ended.finally(endProgress), stop: () => child.kill() };
}

function failure(code: number | null, signal: NodeJS.Signals | null): BuildError {
  return code === null
    ? new BuildError(-1, `Build was ended by ${signal}`)
    : new BuildError(code, `Build failed with exit code ${code}`);
}

export { startBuild };
