// The REPL: Node's own, for prompts, history, keys and commands, with the worker's realm in place of Node's. What is typed is
// evaluated there, and shown there: Node gets the text.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import repl from "node:repl";
import type { REPLServer } from "node:repl";
import type { Log } from "../../../index.d.ts";
import type { Control } from "../../worker/contract.ts";
import { completerOf } from "./repl-completer.ts";
import { understand } from "./repl-input.ts";
import type { createSession } from "./repl-session.ts";

const HISTORY = ".mf_repl_history";
const HISTORY_SIZE = 1000;
/** How frames of the session are named, which stacks leave out. */
const SESSION = "miniflare:repl";

export type Session = ReturnType<typeof createSession>;

/** A text to show as it is. */
class Shown {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A REPL that has begun. */
export interface Repl {
  /** Resolves when it was left, and all that was typed has been answered. */
  ended: Promise<void>;
}

/** Begins a REPL on standard input and output; `controlOf` gives the worker of the time. */
export function startRepl(log: Log, controlOf: () => Promise<Control>): Repl {
  const { MINIFLARE_REPL_HISTORY, MINIFLARE_REPL_HISTORY_SIZE, MINIFLARE_REPL_MODE } = process.env;
  const isStrict = MINIFLARE_REPL_MODE?.trim().toLowerCase() === "strict";
  const size = Number(MINIFLARE_REPL_HISTORY_SIZE);
  const lines = new Lines(controlOf, isStrict);
  const options: repl.ReplOptions & { historySize: number } = {
    eval: (text, _context, _file, done) => lines.take(server, text, done),
    completer: (line: string, done: Completed) => void lines.complete(server, line, done),
    writer: (value) => (value instanceof Shown ? value.text : String(value)),
    historySize: size > 0 ? size : HISTORY_SIZE,
  };
  const server = repl.start(options);
  const history = MINIFLARE_REPL_HISTORY ?? path.join(os.homedir(), HISTORY);
  if (history !== "") server.setupHistory(history, (error) => error && log.error(error));
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve(lines.settled())));
  return { ended };
}

type Completed = (error: Error | null, result?: [names: string[], of: string]) => void;
type Evaluated = (error: Error | null, result?: unknown) => void;

/** The lines that were typed, one evaluated after the other. */
class Lines {
  #controlOf: () => Promise<Control>;
  #isStrict: boolean;
  #session: Promise<Session> | undefined;
  #last: Promise<void> = Promise.resolve();
  #count = 0;
  #declared = new Set<string>();

  constructor(controlOf: () => Promise<Control>, isStrict: boolean) {
    this.#controlOf = controlOf;
    this.#isStrict = isStrict;
  }

  settled(): Promise<void> {
    return this.#last;
  }

  /** Evaluates what was typed so far, unless there must be more. */
  take(server: REPLServer, typed: string, done: Evaluated): void {
    const { needsMore, text, awaits, names } = understand(typed, this.#isStrict);
    if (needsMore) {
      done(new repl.Recoverable(new SyntaxError("Unexpected end of input")));
      return;
    }
    for (const name of names) this.#declared.add(name);
    // The next line may come before this one is answered: it is no continuation.
    server.clearBufferedCommand();
    this.#last = this.#last.then(async () => {
      if (typed.trim() === "") done(null);
      else done(null, new Shown(await this.#evaluate(server, text, awaits)));
    });
  }

  async #evaluate(server: REPLServer, text: string, awaits: boolean): Promise<string> {
    let interrupt = () => {};
    const interrupted = new Promise<string>((resolve) => {
      interrupt = () => resolve("Uncaught Error: Waiting for the result was interrupted by Ctrl+C");
    });
    server.once("SIGINT", interrupt);
    try {
      const session = await this.#begun();
      const colors = server.terminal && server.useColors;
      return await Promise.race([session.run(`REPL${++this.#count}`, text, awaits, colors), interrupted]);
    } catch (error) {
      // The worker was stopped by a limit; the next line is for the one after it.
      this.#session = undefined;
      return `Uncaught ${String(error)}\nThe worker begins again, with a new global scope.`;
    } finally {
      server.off("SIGINT", interrupt);
    }
  }

  #begun(): Promise<Session> {
    this.#session ??= this.#controlOf().then((control) => {
      const create = control.evaluate(SESSION, sessionScript()) as typeof createSession;
      return create(control.evaluate, control.promiseDetails, control.bindings(), SESSION);
    });
    return this.#session;
  }

  async complete(server: REPLServer, line: string, done: Completed): Promise<void> {
    try {
      const complete = completerOf(await this.#begun(), [...this.#declared], Object.keys(server.commands));
      done(null, await complete(line));
    } catch {
      done(null, [[], line]);
    }
  }
}

/** The script of `repl-session.ts`, whose value is `createSession`. */
const sessionScript = () => fs.readFileSync(path.join(__dirname, "repl-session.js"), "utf8");
