// A worker that is served until the process is told to end, or the REPL in its realm.

import type { Server } from "node:http";
import { COMMAND_LINE } from "../options/config.ts";
import type { WorkerOptions } from "../options/config.ts";
import { Log, LogLevel } from "../log/log.ts";
import { Miniflare, OPTIONS, REPL } from "../instance/miniflare.ts";
import type { InspectorFlag } from "./flag-values.ts";
import { endOnSignals, endWhileBusy } from "./signals.ts";
import type { ProfileFlags } from "./profiles.ts";
import { userError } from "./user-error.ts";

/** Flags that are not options of a worker. */
interface CommandFlags extends ProfileFlags {
  debug?: boolean;
  verbose?: boolean;
  repl?: boolean;
  inspect?: InspectorFlag;
  inspectBrk?: InspectorFlag;
}

const EXIT_FAILURE = 1;

/** Options that the command adds, unless a flag says otherwise. */
const DEFAULTS: WorkerOptions = {
  wranglerConfigPath: true,
  packagePath: true,
  envPathDefaultFallback: true,
  sourceMap: true,
  logUnhandledRejections: true,
  [COMMAND_LINE]: true,
};

/** What a REPL needs: it is no worker that runs, and nothing in it is within a request. */
const FOR_REPL: WorkerOptions = {
  scriptRequired: false,
  watch: false,
  globalAsyncIO: true,
  globalTimers: true,
  globalRandom: true,
};

/** Starts what the options say. Never rejects: errors are logged, and the exit code is 1 then. */
export async function run(options: WorkerOptions, flags: CommandFlags): Promise<void> {
  const { debug, verbose, repl, inspect, inspectBrk } = flags;
  const level = verbose ? LogLevel.VERBOSE : debug ? LogLevel.DEBUG : LogLevel.INFO;
  const log = new Log(level);
  let mf: Miniflare | undefined;
  // A build begins with the instance.
  let endProfiles: (() => Promise<void>) | undefined;
  const isEnding = endOnSignals(async () => {
    await endProfiles?.();
    await mf?.dispose();
  });
  const inspected = { ...inspect, ...(inspectBrk && { ...inspectBrk, inspectorBreak: true }) };
  mf = new Miniflare({ ...DEFAULTS, ...options, ...inspected, ...flags, ...(repl && FOR_REPL), log });
  // This waits for V8, which starts meanwhile.
  endWhileBusy();
  try {
    if (repl) return await runRepl(mf);
    const server = await mf.startServer();
    if (flags.cpuProf || flags.heapProf) {
      const { startProfiles } = require("./profiles.ts") as typeof import("./profiles.ts");
      endProfiles = startProfiles(mf, flags);
    }
    await mf.startScheduler();
    openPage(mf, server);
  } catch (error) {
    // It was broken off.
    if (isEnding()) return;
    log.error(debug || verbose ? (error as Error) : userError(error));
    process.exitCode = EXIT_FAILURE;
    await mf.dispose();
  }
}

async function runRepl(mf: Miniflare): Promise<void> {
  const { ended } = await mf[REPL]();
  await ended;
  await mf.dispose();
}

/** Opens the page that the option `open` says. */
function openPage(mf: Miniflare, server: Server): void {
  const { open } = mf[OPTIONS];
  if (!open) return;
  const { openBrowser, pageOf } = require("./open.ts") as typeof import("./open.ts");
  const port = (server.address() as { port: number }).port;
  const url = typeof open === "string" ? open : pageOf(mf[OPTIONS], port);
  openBrowser(url, (reason) => mf.log.warn(`Unable to open browser: ${reason}`));
}
