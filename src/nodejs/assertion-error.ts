// The error of a failed assertion, with a text that shows what differs.

import { inspect } from "node:util";
import { invalidArgType } from "./errors.ts";

interface Failure {
  actual?: unknown;
  expected?: unknown;
  message?: string;
  operator?: string;
  stackStartFn?: (...args: never[]) => unknown;
}

const OPTIONS = {
  compact: false,
  customInspect: false,
  depth: 1000,
  maxArrayLength: Number.POSITIVE_INFINITY,
  showHidden: false,
  showProxy: false,
  sorted: true,
  getters: true,
};
const TEXTS: Record<string, string> = {
  deepStrictEqual: "Expected values to be strictly deep-equal:",
  partialDeepStrictEqual: "Expected values to be partially and strictly deep-equal:",
  strictEqual: "Expected values to be strictly equal:",
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: "Expected values to be loosely deep-equal:",
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: "Values identical but not reference-equal:",
};
const SHORT = 12;

const shown = (value: unknown) => inspect(value, OPTIONS);
const isObject = (value: unknown) => (typeof value === "object" && value !== null) || typeof value === "function";

/** Lines that are in one list only, marked with "+" and "-". */
function difference(actual: string[], expected: string[]): string[] {
  const lengths = Array.from({ length: actual.length + 1 }, () => new Uint32Array(expected.length + 1));
  for (let i = actual.length - 1; i >= 0; i--) {
    for (let j = expected.length - 1; j >= 0; j--) {
      const isSame = actual[i] === expected[j];
      lengths[i][j] = isSame ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < actual.length || j < expected.length) {
    if (i < actual.length && j < expected.length && actual[i] === expected[j]) {
      lines.push(`  ${actual[i]}`);
      i++;
      j++;
    } else if (j >= expected.length || (i < actual.length && lengths[i + 1][j] >= lengths[i][j + 1])) {
      lines.push(`+ ${actual[i++]}`);
    } else {
      lines.push(`- ${expected[j++]}`);
    }
  }
  return lines;
}

const MOST_LINES = 1000;

function strictText(operator: string, actual: unknown, expected: unknown): string {
  const [left, right] = [shown(actual), shown(expected)];
  const [lines, others] = [left.split("\n"), right.split("\n")];
  const isReference = operator === "strictEqual" && isObject(actual) && isObject(expected);
  if (left === right) {
    return `${TEXTS.notIdentical}\n\n${lines.join("\n")}\n`;
  }
  const isPrimitive = !isObject(actual) && !isObject(expected);
  if (isPrimitive && lines.length === 1 && others.length === 1 && (actual !== 0 || expected !== 0)) {
    if (left.length + right.length <= SHORT) return `${TEXTS[operator]}\n\n${left} !== ${right}\n`;
  }
  const title = TEXTS[isReference ? "strictEqualObject" : operator];
  const isLong = lines.length > MOST_LINES || others.length > MOST_LINES;
  const parts = isLong ? [...lines.slice(0, MOST_LINES).map((line) => `+ ${line}`), "..."] : difference(lines, others);
  return `${title}\n+ actual - expected\n\n${parts.join("\n")}\n`;
}

function textOf(operator: string, actual: unknown, expected: unknown): string {
  if (["deepStrictEqual", "strictEqual", "partialDeepStrictEqual"].includes(operator)) {
    return strictText(operator, actual, expected);
  }
  const [left, right] = [shown(actual), shown(expected)];
  if (operator === "notDeepStrictEqual" || operator === "notStrictEqual") {
    const key = operator === "notStrictEqual" && isObject(actual) ? "notStrictEqualObject" : operator;
    const lines = left.split("\n");
    return lines.length === 1
      ? `${TEXTS[key]}${lines[0].length > 5 ? "\n\n" : " "}${lines[0]}`
      : `${TEXTS[key]}\n\n${left}\n`;
  }
  if (operator === "deepEqual") return `${TEXTS.deepEqual}\n\n${left}\n\nshould loosely deep-equal\n\n${right}`;
  if (operator === "notDeepEqual")
    return `${TEXTS.notDeepEqual}\n\n${left}\n\nshould not loosely deep-equal\n\n${right}`;
  return `${left} ${operator} ${right}`;
}

export class AssertionError extends Error {
  readonly code = "ERR_ASSERTION";
  generatedMessage: boolean;
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string | undefined;

  constructor(options: Failure) {
    if (options === null || typeof options !== "object") throw invalidArgType("options", "object", options);
    const { actual, expected, message, operator, stackStartFn } = options;
    super(message === undefined ? textOf(String(operator), actual, expected) : String(message));
    this.generatedMessage = message === undefined;
    // A script may have given all objects a `get`.
    const name = { __proto__: null, value: "AssertionError", writable: true, configurable: true } as PropertyDescriptor;
    Object.defineProperty(this, "name", name);
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    if (stackStartFn !== undefined) {
      (Error as unknown as { captureStackTrace(target: object, above: unknown): void }).captureStackTrace(
        this,
        stackStartFn,
      );
    }
  }

  override toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}
