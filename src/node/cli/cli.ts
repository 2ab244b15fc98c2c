// The command line: what the commands `miniflare` and `miniflare-rs` do with their arguments. Loading the package as a library
// loads none of this, and asking for the version alone loads nothing else.

import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import type { WorkerOptions } from "../options/config.ts";
import type { Told } from "./arguments.ts";

const USAGE_ERROR = 1;

/** Does what the arguments say. The process ends by itself, or with a signal if there is a server. */
export function main(args: string[]): void {
  // A reader that has seen enough, such as `head`, closes its end of the pipe.
  process.stdout.on("error", endOnClosedPipe);
  if (args.length === 1 && ["-v", "--version"].includes(args[0])) return void console.log(version());
  keepCompiled();
  if (args[0] === "replay" && args.length > 1) {
    const { replay } = require("../replay/replay-command.ts") as typeof import("../replay/replay-command.ts");
    return void replay(args.slice(1)).catch(({ message }: Error) => refuse(message));
  }
  const { told, flags } = readOptions(args);
  if (told.wrong !== undefined) {
    refuse(told.wrong);
    return;
  }
  if (told.asks === "help") {
    const { helpText } = require("./help.ts") as typeof import("./help.ts");
    // A terminal whose size nobody has set has 0.
    return void console.log(helpText(flags, executable(), process.stdout.columns || undefined));
  }
  if (told.asks === "version") return void console.log(version());
  const { wrongFlags } = require("./profiles.ts") as typeof import("./profiles.ts");
  const wrong = wrongFlags(told.command);
  if (wrong !== undefined) {
    refuse(wrong);
    return;
  }
  const { run } = require("./run.ts") as typeof import("./run.ts");
  void run(told.options as WorkerOptions, told.command);
}

/**
 * Has Node keep what it compiles for the next start, in its folder of temporary files. Coverage of such code is less precise.
 * Node 20 cannot.
 */
function keepCompiled(): void {
  const { enableCompileCache } = module as { enableCompileCache?: () => unknown };
  if (!process.env.NODE_V8_COVERAGE) enableCompileCache?.();
}

function readOptions(args: string[]) {
  const { sections } = require("./flags.ts") as typeof import("./flags.ts");
  const { readArguments } = require("./arguments.ts") as typeof import("./arguments.ts");
  const flags = sections();
  const told: Told = readArguments(
    args,
    flags.flatMap((section) => section.flags),
  );
  return { told, flags };
}

function refuse(text: string): void {
  const { red } = require("../log/ansi.ts") as typeof import("../log/ansi.ts");
  console.error(`${red(text)}\nRun "${executable()} --help" for a list of all options.`);
  process.exitCode = USAGE_ERROR;
}

function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit();
}

/** What the command is called in the help and in errors. */
const executable = () => process.env.MINIFLARE_EXEC_NAME ?? "miniflare";

const version = (): string => JSON.parse(fs.readFileSync(path.join(__dirname, "../../package.json"), "utf8")).version;
