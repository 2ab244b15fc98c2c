// Patterns of paths, as `_redirects` and `_headers` have them: a star matches any text, `:name` a part of a path or of a host.
// A pattern is a path, or a URL without a query.

/** The texts that the stars and names of a pattern have matched, by name; a star is "splat". */
export type Matched = Readonly<Record<string, string>>;

/** What a URL matched, or undefined. */
export type Pattern = (url: URL) => Matched | undefined;

const PLACEHOLDER = /:[A-Za-z]\w*/g;
const SPECIAL = /[-/\\^$*+?.()|[\]{}]/g;

/** Whether a pattern matches more than one path. */
export const isDynamic = (pattern: string): boolean =>
  pattern.includes("*") || pathOf(pattern).search(PLACEHOLDER) !== -1 || hostOf(pattern).includes(":");

const ABSOLUTE = /^https:\/\/+([^/]+)/;
const hostOf = (pattern: string) => ABSOLUTE.exec(pattern)?.[1].replace(/:\d+$/, "") ?? "";
const pathOf = (pattern: string) => pattern.replace(ABSOLUTE, "");

/** Compiles a pattern. A name or a star that it has twice is matched as a plain group. */
export function compile(pattern: string): Pattern {
  const isAbsolute = ABSOLUTE.test(pattern);
  const host = ABSOLUTE.exec(pattern)?.[1] ?? "";
  const names = new Set<string>();
  const group = (name: string, inside: string) => {
    if (names.has(name)) return `(${inside})`;
    names.add(name);
    return `(?<${name}>${inside})`;
  };
  const source = (text: string, part: string) =>
    text
      .split("*")
      .map((piece) => expression(piece, (name) => group(name, part)))
      .reduce((whole, piece) => whole + group("splat", ".*") + piece);
  const path = source(pathOf(pattern), "[^/]+");
  const expected = new RegExp(isAbsolute ? `^https://${source(host, "[^/.]+")}${path}$` : `^${path}$`);
  return (url) => {
    const match = expected.exec(isAbsolute ? `https://${url.host}${url.pathname}` : url.pathname);
    return match === null ? undefined : { ...match.groups };
  };
}

/** The source of an expression for a text with names, but without stars. */
function expression(text: string, group: (name: string) => string): string {
  let source = "";
  let end = 0;
  for (const { 0: name, index } of text.matchAll(PLACEHOLDER)) {
    source += text.slice(end, index).replace(SPECIAL, "\\$&") + group(name.slice(1));
    end = index + name.length;
  }
  return source + text.slice(end).replace(SPECIAL, "\\$&");
}

/** A text with the names in it replaced by what they have matched. */
export const fill = (text: string, matched: Matched): string =>
  text.replace(PLACEHOLDER, (name) => (Object.hasOwn(matched, name.slice(1)) ? matched[name.slice(1)] : name));
