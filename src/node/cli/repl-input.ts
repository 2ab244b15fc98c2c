// What was typed in the REPL: whether there must be more of it, and the script that evaluates it, with `await` at its top
// level. The rules are those of Node's own REPL.

import { Parser, tokTypes } from "acorn";
import type { Node, Options, Program } from "acorn";
import { awaiting } from "./repl-await.ts";

/** What was typed, understood. */
export interface Understood {
  needsMore: boolean;
  text: string;
  /** Whether the script's value is a promise of `{ value }`. */
  awaits: boolean;
  /** The names that it declares. */
  names: string[];
}

const LATEST: Options = { ecmaVersion: "latest" };
const STRICT = '"use strict"; void 0;\n';

/** Understands what was typed so far. */
export function understand(typed: string, isStrict: boolean): Understood {
  const text = asExpression(typed) ?? typed;
  const awaits = /\bawait\b/.test(text) ? awaiting(text) : undefined;
  const program = awaits === undefined ? parsed(text) : undefined;
  const needsMore = awaits === undefined && program === undefined && isUnfinished(typed);
  return {
    needsMore,
    text: (isStrict ? STRICT : "") + (awaits?.text ?? text),
    awaits: awaits !== undefined,
    names: awaits?.names ?? (program === undefined ? [] : namesOf(program)),
  };
}

function parsed(text: string): Program | undefined {
  try {
    return Parser.parse(text, LATEST);
  } catch {
    return undefined;
  }
}

/** What begins with a brace is an object if it can be one, not a block. */
function asExpression(typed: string): string | undefined {
  if (!/^\s*\{/.test(typed) || /;\s*$/.test(typed)) return undefined;
  const text = `(${typed.trim()})\n`;
  return parsed(text) !== undefined || awaiting(text) !== undefined ? text : undefined;
}

/** Whether it is wrong only because it ends where it does. */
function isUnfinished(typed: string): boolean {
  let unfinished = false;
  const Attempt = Parser.extend(
    (Base) =>
      class extends (Base as unknown as typeof Internal) {
        override nextToken(): void {
          super.nextToken();
          if (this.type === tokTypes.eof) unfinished = true;
        }

        override raise(at: number, message: string): never {
          if (/^Unterminated (template|comment)$/.test(message)) unfinished = true;
          if (message === "Unterminated string constant") {
            unfinished = /\\(?:\r\n?|\n|\u2028|\u2029)$/.test(this.input.slice(this.lastTokStart, this.pos));
          }
          super.raise(at, message);
        }
      } as unknown as typeof Base,
  );
  try {
    Attempt.parse(typed, { ...LATEST, allowAwaitOutsideFunction: true });
    return false;
  } catch {
    return unfinished;
  }
}

/** What plugins of acorn see of its parser. */
declare class Internal {
  type: unknown;
  input: string;
  lastTokStart: number;
  pos: number;
  nextToken(): void;
  raise(at: number, message: string): never;
}

type Declaration = Node & { declarations?: { id: Node & { name?: string } }[]; id?: { name: string } };

/** The names that are declared at the top level, as far as they are simple. */
function namesOf({ body }: Program): string[] {
  return (body as Declaration[]).flatMap(({ declarations, id }) => {
    if (declarations !== undefined) return declarations.flatMap((one) => one.id.name ?? []);
    return id === undefined ? [] : [id.name];
  });
}
