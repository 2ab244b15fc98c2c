// `MIMEType` and `MIMEParams` of `node:util`, over the library's parser.

import { MIMEType as Parsed } from "whatwg-mimetype";
import { nodeError } from "./errors.ts";

type Parameters = Parsed["parameters"];

function syntaxError(kind: string, text: string, error: unknown) {
  const { message } = error as Error;
  return nodeError(
    TypeError,
    "ERR_INVALID_MIME_SYNTAX",
    `The MIME syntax for a ${kind} in "${text}" is invalid: ${message}`,
  );
}

class MIMEParams {
  readonly #parameters: Parameters;

  constructor(parameters: Parameters = new Parsed("x/x").parameters) {
    this.#parameters = parameters;
  }

  delete(name: string) {
    this.#parameters.delete(String(name));
  }

  get(name: string): string | null {
    return this.#parameters.get(String(name)) ?? null;
  }

  has(name: string) {
    return this.#parameters.has(String(name));
  }

  set(name: string, value: string) {
    try {
      this.#parameters.set(String(name), String(value));
    } catch (error) {
      throw syntaxError("parameter", `${name}=${value}`, error);
    }
  }

  entries() {
    return this.#parameters.entries();
  }

  keys() {
    return this.#parameters.keys();
  }

  values() {
    return this.#parameters.values();
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  toString() {
    const whole = new Parsed("x/x");
    for (const [name, value] of this.#parameters) whole.parameters.set(name, value);
    return whole.toString().slice("x/x;".length);
  }

  toJSON() {
    return this.toString();
  }
}

class MIMEType {
  readonly #parsed: Parsed;
  readonly #params: MIMEParams;

  constructor(input: string) {
    const text = String(input);
    try {
      this.#parsed = new Parsed(text);
    } catch (error) {
      throw syntaxError("type", text, error);
    }
    this.#params = new MIMEParams(this.#parsed.parameters);
  }

  get type() {
    return this.#parsed.type;
  }

  set type(value: string) {
    this.#set("type", value);
  }

  get subtype() {
    return this.#parsed.subtype;
  }

  set subtype(value: string) {
    this.#set("subtype", value);
  }

  get essence() {
    return this.#parsed.essence;
  }

  get params() {
    return this.#params;
  }

  toString() {
    return this.#parsed.toString();
  }

  toJSON() {
    return this.toString();
  }

  #set(part: "type" | "subtype", value: string) {
    try {
      this.#parsed[part] = String(value);
    } catch (error) {
      throw syntaxError(part, String(value), error);
    }
  }
}

export { MIMEParams, MIMEType };
