// `URLPattern` as the worker has it, on every Node: what a pattern means, and what is matched with it, is told by the part of
// the addon that the worker's own is made of; here is what JavaScript sees of it.

import { binding } from "../binding/binding.ts";
import { configure } from "./interfaces.ts";

const COMPONENTS = ["protocol", "username", "password", "hostname", "port", "pathname", "search", "hash"];
const INIT = [...COMPONENTS, "baseURL"];

const usv = (value) => `${value}`.toWellFormed();

/** An input as Web IDL converts it: a string, or a dictionary of strings. */
function inputOf(value) {
  if (typeof value !== "object") return usv(value);
  const given = INIT.filter((name) => value?.[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, usv(value[name])]));
}

/** The addon's answer. What it throws is about the pattern. */
function ask(name, prefix, ...args) {
  try {
    return JSON.parse(binding[name](JSON.stringify(args)));
  } catch (error) {
    throw new TypeError(`${prefix}: ${error.message}`);
  }
}

class URLPattern {
  #components;
  #hasRegExpGroups;

  constructor(input, baseURLOrOptions = undefined, maybeOptions = undefined) {
    const prefix = "Failed to construct 'URLPattern'";
    const hasBase = typeof baseURLOrOptions === "string";
    const options = hasBase ? maybeOptions : baseURLOrOptions;
    const ignoreCase = Boolean(options?.ignoreCase);
    const base = hasBase ? usv(baseURLOrOptions) : null;
    const pattern = ask("urlPattern", prefix, inputOf(input ?? {}), base, ignoreCase);
    this.#hasRegExpGroups = pattern.hasRegexpGroups;
    this.#components = COMPONENTS.map((name) => componentOf(pattern[name], name, ignoreCase ? "ui" : "u", prefix));
  }

  #pattern(name) {
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

  test(input = {}, baseURL = undefined) {
    const prefix = "Failed to execute 'test' on 'URLPattern'";
    const values = valuesOf(prefix, inputOf(input), baseURL);
    return values !== null && this.#components.every(({ name, regexp }) => regexp.test(values[name]));
  }

  exec(input = {}, baseURL = undefined) {
    const prefix = "Failed to execute 'exec' on 'URLPattern'";
    const given = inputOf(input);
    const values = valuesOf(prefix, given, baseURL);
    if (values === null) return null;
    const result = { inputs: baseURL === undefined ? [given] : [given, usv(baseURL)] };
    for (const { name, regexp, groups } of this.#components) {
      const match = regexp.exec(values[name]);
      if (match === null) return null;
      const found = groups.map((group, index) => [group, match[index + 1]]);
      result[name] = { input: values[name], groups: Object.fromEntries(found) };
    }
    return result;
  }
}

function valuesOf(prefix, input, baseURL) {
  return ask("urlPatternInput", prefix, input, baseURL === undefined ? null : usv(baseURL));
}

function componentOf({ patternString: pattern, regexpString, groupNameList: groups }, name, flags, prefix) {
  try {
    return { name, pattern, groups, regexp: new RegExp(regexpString, flags) };
  } catch (error) {
    throw new TypeError(`${prefix}: ${name} is invalid; ${error.message}`);
  }
}

configure(URLPattern);

export { URLPattern };
