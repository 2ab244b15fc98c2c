// `_redirects`: a line for each rule, `from to [status]`. The first rule that matches wins. Rules for one path each that stand
// before all others are looked up; the others are tried in their order.
// https://developers.cloudflare.com/workers/static-assets/redirects/

import { compile, fill, isDynamic } from "./path-patterns.ts";
import type { HtmlHandling } from "./asset-forms.ts";
import type { Pattern } from "./path-patterns.ts";

/** From the page above. */
const MAX_LINE = 2000;
const MAX_STATIC = 2000;
const MAX_DYNAMIC = 100;

const STATUSES = [200, 301, 302, 303, 307, 308];
const REWRITE = 200;

/** Where a rule leads: a path or a URL, and the status, 200 to serve what is at the path. */
export interface Redirect {
  to: string;
  status: number;
}

interface Rule extends Redirect {
  from: string;
}

/** Tells of a line that is left out. */
export type Refuse = (line: number, text: string, reason: string) => void;

export class RedirectRules {
  #first = new Map<string, Redirect>();
  #others: { pattern: Pattern; rule: Rule }[] = [];
  #count = { static: 0, dynamic: 0 };

  /** Reads the text of a file. Lines that are not rules are left out, and `refuse` is told why. */
  constructor(text: string, mode: HtmlHandling, refuse: Refuse) {
    for (const [index, whole] of text.split("\n").entries()) {
      const line = whole.trim();
      if (line === "" || line.startsWith("#")) continue;
      const rule = ruleOf(line, mode);
      const reason = typeof rule === "string" ? rule : this.#add(rule);
      if (reason !== undefined) refuse(index + 1, line, reason);
    }
  }

  #add(rule: Rule): string | undefined {
    if (this.#first.has(rule.from) || this.#others.some((known) => known.rule.from === rule.from)) {
      return `an earlier line has the path ${rule.from}`;
    }
    if (isDynamic(rule.from)) {
      if (rule.from.split("*").length > 2) return "a rule has at most one star";
      if (this.#count.dynamic++ === MAX_DYNAMIC) return `a file has at most ${MAX_DYNAMIC} rules with stars or names`;
    } else if (this.#count.static++ === MAX_STATIC) {
      return `a file has at most ${MAX_STATIC} rules without stars and names`;
    }
    if (this.#count.dynamic === 0) this.#first.set(rule.from, rule);
    else this.#others.push({ pattern: compile(rule.from), rule });
    return undefined;
  }

  /** Where the rules lead a URL, if they do. */
  match(url: URL): Redirect | undefined {
    const fixed = this.#first.get(url.pathname);
    if (fixed !== undefined) return fixed;
    for (const { pattern, rule } of this.#others) {
      const matched = pattern(url);
      if (matched !== undefined) return { to: fill(rule.to, matched), status: rule.status };
    }
    return undefined;
  }
}

/** The rule of a line, or what is wrong with it. */
function ruleOf(line: string, mode: HtmlHandling): Rule | string {
  if (line.length > MAX_LINE) return `a line has at most ${MAX_LINE} characters, this one has ${line.length}`;
  const parts = line.split(/\s+/);
  if (parts.length < 2 || parts.length > 3) return 'a line is like "/from /to" or "/from /to 301"';
  const [from, to, code = "302"] = parts;
  const status = Number(code);
  if (!STATUSES.includes(status)) return `the status is one of ${STATUSES.join(", ")}, not ${code}`;
  if (ABSOLUTE.test(from)) return `a rule begins with a path like "/from", not ${from}`;
  const { pathname } = new URL(rooted(from), BASE);
  const target = targetOf(to);
  if (target === undefined)
    return `a rule leads to a path like "/to" or a URL like "https://example.com/to", not ${to}`;
  if (status === REWRITE && !target.startsWith("/")) return `status 200 serves a path like "/to", not ${to}`;
  if (isEndless(pathname, target, mode)) return `${pathname} is where ${target} itself redirects to`;
  return { from: pathname, to: target, status };
}

const BASE = "http://localhost";
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\//i;
const rooted = (text: string) => `/${text.replace(/^\/+/, "")}`;

function targetOf(text: string): string | undefined {
  if (text.startsWith("https://")) return text;
  if (ABSOLUTE.test(text)) return undefined;
  const { pathname, search, hash } = new URL(rooted(text), BASE);
  return `${pathname}${search}${hash}`;
}

/** A page redirects to its canonical path, which would lead back to such a rule. */
const isEndless = (from: string, to: string, mode: HtmlHandling): boolean =>
  /^\/index(\.html)?$/.test(to) && (from === "/*" || (from === "/" && mode !== "none"));
