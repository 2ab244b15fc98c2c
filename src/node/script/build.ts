// The build of a worker: a command that is run before its script is read.

import path from "node:path";
import { BuildError } from "../errors.ts";

/**
 * Starts the command of `buildCommand`, with this process's own input and output.
 * @returns `{ done, stop() }`: a promise that rejects when the command fails, and what ends it before it is done
 */
function startBuild({ buildCommand, buildBasePath = "." }, root, log) {
  const { spawn } = require("node:child_process");
  const cwd = path.resolve(root, buildBasePath);
  const env = { ...process.env, MINIFLARE: "1" };
  const child = spawn(buildCommand, { cwd, env, shell: true, stdio: "inherit" });
  const done = new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new BuildError(-1, `Build cannot be started in ${cwd}: ${error.message}`)));
    child.once("exit", (code, signal) => {
      if (code === 0) resolve(log.info("Build succeeded"));
      else reject(failure(code, signal));
    });
  });
  return { done, stop: () => child.kill() };
}

function failure(code, signal) {
  return code === null
    ? new BuildError(-1, `Build was ended by ${signal}`)
    : new BuildError(code, `Build failed with exit code ${code}`);
}

export { startBuild };
