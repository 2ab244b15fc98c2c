// The text of `--help`. Its layout is Miniflare 2's: a column of names, descriptions that wrap at the terminal's width, and
// what each flag takes at the right edge.

import { bold, grey } from "../log/ansi.ts";
import type { Flag, Section } from "./flags.ts";

/** Where the output is no terminal. */
const COLUMNS = 80;

/**
 * The text.
 * @param command what the command is called
 * @param columns of the terminal
 */
export function helpText(sections: Section[], command: string, columns: number | undefined = COLUMNS): string {
  const shown = sections.map(({ title, flags }) => ({ title, flags: flags.filter(({ name }) => name !== "") }));
  const all = shown.flatMap(({ flags }) => flags);
  const widest = (of: (flag: Flag) => string) => Math.max(...all.map((flag) => of(flag).length));
  const left = widest(shownName) + 8;
  const width = Math.min(left + widest(({ help }) => help) + widest(({ takes }) => takes) + 3, columns);
  const parts = shown
    .filter(({ flags }) => flags.length > 0)
    .map(({ title, flags }) => [bold(`${title}:`), ...flags.map((flag) => flagText(flag, left, width))].join("\n"));
  return [`${bold("Usage:")} ${command} [script] [options]`, ...parts].join("\n\n");
}

const shownName = ({ name, negatable }: Flag) => (negatable ? `(no-)${name}` : name);

function flagText(flag: Flag, left: number, width: number): string {
  const { alias, help, takes } = flag;
  const length = width - (left + takes.length + 3);
  const [first, ...others] = wrapped(help, length);
  const short = grey(alias === undefined ? "     " : ` -${alias}, `);
  const line = `${short}${`--${shownName(flag)}`.padEnd(left - 5)}${first.padEnd(length)}${grey(` [${takes}]`)}`;
  return [line, ...others.map((text) => " ".repeat(left) + text)].join("\n");
}

/** The lines of a text, each as long as it may be; a word that is longer stays whole. */
function wrapped(text: string, length: number): string[] {
  const space = text.length > length ? text.lastIndexOf(" ", length) : -1;
  return space === -1 ? [text] : [text.slice(0, space), ...wrapped(text.slice(space + 1), length)];
}
