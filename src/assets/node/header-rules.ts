// `_headers`: blocks of a pattern, and the headers that responses of matching assets get, `Name: value`, or lose, `! Name`.
// https://developers.cloudflare.com/workers/static-assets/headers/

import { compile, fill } from "./path-patterns.ts";
import type { Pattern } from "./path-patterns.ts";
import type { Refuse } from "./redirect-rules.ts";

/** From the page above. */
const MAX_LINE = 2000;
const MAX_RULES = 100;

interface Block {
  pattern: Pattern;
  set: [name: string, value: string][];
  unset: string[];
}

export class HeaderRules {
  #blocks = new Map<string, Block>();

  /** Reads the text of a file. Lines that mean nothing are left out, and `refuse` is told why. */
  constructor(text: string, refuse: Refuse) {
    // Headers behind a pattern that is left out belong to nothing.
    let current: Block | undefined;
    let isRefused = false;
    for (const [index, whole] of text.split("\n").entries()) {
      const line = whole.trim();
      if (line === "" || line.startsWith("#")) continue;
      let reason: string | undefined;
      if (isPattern(line)) {
        reason = this.#refusal(line);
        isRefused = reason !== undefined;
        current = isRefused ? undefined : this.#open(line);
      } else if (!isRefused) {
        reason = addTo(current, line);
      }
      if (reason !== undefined) refuse(index + 1, line, reason);
    }
  }

  /** Why no block can have this pattern. */
  #refusal(pattern: string): string | undefined {
    if (pattern.length > MAX_LINE) return `a line has at most ${MAX_LINE} characters, this one has ${pattern.length}`;
    if (pattern.split("*").length > 2) return "a pattern has at most one star";
    return this.#blocks.size === MAX_RULES && !this.#blocks.has(pattern)
      ? `a file has at most ${MAX_RULES} patterns`
      : undefined;
  }

  /** A block in place of an earlier one with the same pattern. */
  #open(from: string): Block {
    const block: Block = { pattern: compile(from), set: [], unset: [] };
    this.#blocks.set(from, block);
    return block;
  }

  /** Changes the headers of a response for a URL: of what several blocks give one header, each value is there. */
  apply(url: URL, headers: Headers): void {
    const given = new Set<string>();
    for (const { pattern, set, unset } of this.#blocks.values()) {
      const matched = pattern(url);
      if (matched === undefined) continue;
      for (const name of unset) headers.delete(name);
      for (const [name, value] of set) {
        const filled = fill(value, matched);
        if (given.has(name)) headers.append(name, filled);
        else headers.set(name, filled);
        given.add(name);
      }
    }
  }
}

const isPattern = (line: string) => line.startsWith("/") || line.startsWith("https://");

/** Adds a line to a block; what is wrong with it, if anything is. */
function addTo(block: Block | undefined, line: string): string | undefined {
  if (line.length > MAX_LINE) return `a line has at most ${MAX_LINE} characters, this one has ${line.length}`;
  if (block === undefined) return 'a header stands below a pattern like "/*"';
  if (line.startsWith("!")) {
    const name = line.slice(1).trim();
    if (!isName(name)) return `${JSON.stringify(name)} is not a name of a header`;
    block.unset.push(name);
    return undefined;
  }
  const colon = line.indexOf(":");
  const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  if (colon === -1 || value === "") return 'a line is like "Name: value" or "! Name"';
  if (!isName(name)) return `${JSON.stringify(name)} is not a name of a header`;
  const known = block.set.find(([other]) => other === name);
  if (known === undefined) block.set.push([name, value]);
  else known[1] += `, ${value}`;
  return undefined;
}

const isName = (text: string) => /^[!#$%&'*+\-.^_`|~\w]+$/.test(text);
