// JSON with comments and trailing commas, as wrangler reads it, and where its syntax is wrong.

import { parse, printParseErrorCode } from "jsonc-parser";
import { MiniflareCoreError } from "../errors.ts";
import type { ParseError } from "jsonc-parser";
import type { WranglerConfig } from "./wrangler.ts";

/**
 * Reads an object.
 * @throws MiniflareCoreError `ERR_INVALID_CONFIG` if the text is anything else
 */
function parseJson(text: string, file: string): WranglerConfig {
  const errors: ParseError[] = [];
  const config: unknown = parse(text, errors, { allowTrailingComma: true });
  if (errors.length > 0) throw invalid(describeSyntax(text, file, errors[0]));
  if (typeof config === "object" && config !== null && !Array.isArray(config)) return config as WranglerConfig;
  throw invalid(`${file} must contain an object, like { "name": "worker" }`);
}

/** The place of the error, with its line and a caret. */
function describeSyntax(text: string, file: string, { error, offset }: ParseError): string {
  const before = text.slice(0, offset).split("\n");
  const [line, column] = [before.length, (before.at(-1) as string).length + 1];
  const wrong = printParseErrorCode(error).replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  const source = text.split("\n")[line - 1].replace(/\r$/, "");
  const margin = " ".repeat(String(line).length);
  const caret = `${source.slice(0, column - 1).replaceAll(/[^\t]/g, " ")}^`;
  return `${file}:${line}:${column} is not valid JSON: ${wrong}\n${line} | ${source}\n${margin} | ${caret}`;
}

const invalid = (text: string) => new MiniflareCoreError("ERR_INVALID_CONFIG", text);

export { parseJson };
