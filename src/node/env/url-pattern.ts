// `URLPattern` as the worker has it, on every Node: what a pattern means, and what is matched with it, is told by the part of
// the addon that the worker's own is made of; here is what JavaScript sees of it.

import { binding } from "../binding/binding.ts";
import { configure } from "./interfaces.ts";

const COMPONENTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"] as const;
const INIT = [...COMPONENTS, "baseURL"] as const;

type ComponentName = (typeof COMPONENTS)[number];
type Init = Partial<Record<(typeof INIT)[number], string>>;

/** What the addon tells of a component of a pattern. */
interface PatternPart {
  patternString: string;
  regexpString: string;
  groupNameList: string[];
}
type Pattern = Record<ComponentName, PatternPart> & { hasRegexpGroups: boolean };

interface PatternOptions {
  ignoreCase?: boolean;
}

interface Component {
  name: ComponentName;
  pattern: string;
  groups: string[];
  regexp: RegExp;
}

type Result = { inputs: (string | Init)[] } & {
  [Name in ComponentName]?: { input: string; groups: Record<string, string | undefined> };
};

const usv = (value: unknown) => `${value}`.toWellFormed();

/** An input as Web IDL converts it: a string, or a dictionary of strings. */
function inputOf(value: unknown): string | Init {
  if (typeof value !== "object") return usv(value);
  const init: Init = value ?? {};
  const given = INIT.filter((name) => init[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, usv(init[name])]));
}

/** The addon's answer. What it throws is about the pattern. */
function ask<Answer>(name: "urlPattern" | "urlPatternInput", prefix: string, ...args: unknown[]): Answer {
  try {
    return JSON.parse(binding[name](JSON.stringify(args)));
  } catch (error) {
    throw new TypeError(`${prefix}: ${(error as Error).message}`);
  }
}

class URLPattern {
  #components: Component[];
  #hasRegExpGroups: boolean;

  constructor(
    input: unknown,
    baseURLOrOptions: string | PatternOptions | undefined = undefined,
    maybeOptions: PatternOptions | undefined = undefined,
  ) {
    const prefix = "Failed to construct 'URLPattern'";
    const hasBase = typeof baseURLOrOptions === "string";
    const options = hasBase ? maybeOptions : baseURLOrOptions;
    const ignoreCase = Boolean(options?.ignoreCase);
    const base = hasBase ? usv(baseURLOrOptions) : null;
    const pattern = ask<Pattern>("urlPattern", prefix, inputOf(input ?? {}), base, ignoreCase);
    this.#hasRegExpGroups = pattern.hasRegexpGroups;
    this.#components = COMPONENTS.map((name) => componentOf(pattern[name], name, ignoreCase ? "ui" : "u", prefix));
  }

  #pattern(name: ComponentName) {
    return this.#components[COMPONENTS.indexOf(name)].pattern;
  }

  get protocol() {
    return this.#pattern("protocol");
  }

  get username() {
    return this.#pattern("username");
  }

  get password() {
    return this.#pattern("password");
  }

  get hostname() {
    return this.#pattern("hostname");
  }

  get port() {
    return this.#pattern("port");
  }

  get pathname() {
    return this.#pattern("pathname");
  }

  get search() {
    return this.#pattern("search");
  }

  get hash() {
    return this.#pattern("hash");
  }

  get hasRegExpGroups() {
    return this.#hasRegExpGroups;
  }

  test(input: unknown = {}, baseURL: unknown = undefined) {
    const prefix = "Failed to execute 'test' on 'URLPattern'";
    const values = valuesOf(prefix, inputOf(input), baseURL);
    return values !== null && this.#components.every(({ name, regexp }) => regexp.test(values[name]));
  }

  exec(input: unknown = {}, baseURL: unknown = undefined): Result | null {
    const prefix = "Failed to execute 'exec' on 'URLPattern'";
    const given = inputOf(input);
    const values = valuesOf(prefix, given, baseURL);
    if (values === null) return null;
    const result: Result = { inputs: baseURL === undefined ? [given] : [given, usv(baseURL)] };
    for (const { name, regexp, groups } of this.#components) {
      const match = regexp.exec(values[name]);
      if (match === null) return null;
      const found = groups.map((group, index) => [group, match[index + 1]]);
      result[name] = { input: values[name], groups: Object.fromEntries(found) };
    }
    return result;
  }
}

function valuesOf(prefix: string, input: string | Init, baseURL: unknown) {
  return ask<Record<ComponentName, string> | null>(
    "urlPatternInput",
    prefix,
    input,
    baseURL === undefined ? null : usv(baseURL),
  );
}

function componentOf(
  { patternString: pattern, regexpString, groupNameList: groups }: PatternPart,
  name: ComponentName,
  flags: string,
  prefix: string,
): Component {
  try {
    return { name, pattern, groups, regexp: new RegExp(regexpString, flags) };
  } catch (error) {
    throw new TypeError(`${prefix}: ${name} is invalid; ${(error as Error).message}`);
  }
}

configure(URLPattern);

export { URLPattern };
