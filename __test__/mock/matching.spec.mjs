// Tags: every-node
// Interceptors made of data are matched outside of JavaScript, and match as JavaScript has it: random ones are compared with
// what V8's own RegExp, URLSearchParams and isDeepStrictEqual say.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { ask, ORIGIN } from "../support/fetch-mock.mjs";
import { createFetchMock } from "../support/miniflare.mjs";
import { randomOf } from "../support/random.mjs";
import { test } from "../support/test.mjs";

const random = randomOf(20_261_122);
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const times = (count, make) => Array.from({ length: count }, make);

/** Parts of patterns: the regular ones, those that are not, and what is only tolerated for old scripts. */
const CHARACTERS = [
  ..."abcxAZ019_/ ",
  "\\/",
  "\\.",
  "\\-",
  "\\?",
  "%",
  "=",
  "&",
  "~",
  "#",
  "-",
  ",",
  "!",
  '"',
  "\\x61",
];
const SETS = ["\\d", "\\D", "\\w", "\\W", "\\s", "\\S"];
const ASSERTIONS = ["^", "$", "\\b", "\\B"];
const QUANTIFIERS = ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,}", "{0,2}?", "{0}"];
const OTHERS = [
  "é",
  "ſ",
  "K",
  "😀",
  "\\u0061",
  "\\u2028",
  "\\1",
  "\\0",
  "\\cA",
  "\\k",
  "]",
  "{",
  "}",
  "a{,2}",
  "\\_",
  "\\8",
];
const RANGES = [
  "a-c",
  "A-Z",
  "!-~",
  "0-5",
  "\\w-",
  "\\w-z",
  "-",
  "^",
  "[",
  "&&",
  "\\b",
  "\\]",
  "é-ü",
  "\\x41-\\x5A",
  "Z-a",
];

/** What a quantifier repeats without bounds has none of its own: V8 may take ages for those. */
const BOUNDED = ["", "", "", "{2}"];

function term(depth, quantifiers) {
  const quantifier = pick(quantifiers);
  const kind = below(depth > 0 ? 14 : 9);
  if (kind < 4) return pick(CHARACTERS) + quantifier;
  if (kind < 5) return pick(SETS) + quantifier;
  if (kind < 6) return `.${quantifier}`;
  if (kind < 7) return pick(ASSERTIONS);
  if (kind < 9) return `[${pick(["", "", "^"])}${times(below(4), member).join("")}]${quantifier}`;
  if (kind === 9) return pick(random() < 0.3 ? OTHERS : CHARACTERS) + quantifier;
  if (kind === 10) return `(${pick(["?=", "?!", "?<=", "?<!", "?<n>"])}${disjunction(depth - 1, quantifiers)})`;
  const inner = disjunction(depth - 1, quantifier === "" ? quantifiers : BOUNDED);
  return `(${pick(["", "?:"])}${inner})${quantifier}`;
}

const member = () => pick([pick(CHARACTERS), pick(SETS), pick(RANGES)]);
const sequence = (depth, quantifiers) => times(below(5), () => term(depth, quantifiers)).join("");

function disjunction(depth, quantifiers) {
  return times(pick([1, 1, 2, 3]), () => sequence(depth, quantifiers)).join("|");
}

function pattern() {
  for (;;) {
    const flags = ["i", "m", "s", "u"].filter(() => random() < 0.1).join("");
    try {
      return new RegExp(disjunction(2, QUANTIFIERS), flags);
    } catch {
      // It is no pattern.
    }
  }
}

const PATH = [..."aabbcxAZ019_/-.~!=,", "%20", "%C3%A9", "%"];
const TEXT = [...PATH, " ", "\n", "\r", "é", "É", "ſ", "K", "\u2028", "\u00a0", "😀", "\ud800"];
const text = (characters) => times(below(8), () => pick(characters)).join("");

/** A path as requests have it, and with its query in order, if there is one. */
const requested = (path) => sorted(new URL(ORIGIN + path).href.slice(ORIGIN.length));

function sorted(path) {
  const [before, query, ...more] = path.split("?");
  if (query === undefined || more.length > 0) return path;
  const parameters = new URLSearchParams(query);
  parameters.sort();
  return `${before}?${parameters}`;
}

/** A mock whose interceptors are those of `options`, and what it answers the same request until it refuses it. */
function allAnswers(options, path, request) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const pool = fetchMock.get(ORIGIN);
  for (const [index, one] of options.entries()) pool.intercept(one).reply(200, `${index}`);
  const answers = [];
  for (let answer = ask(fetchMock, path, request); /^\d+$/.test(answer); answer = ask(fetchMock, path, request)) {
    answers.push(Number(answer));
  }
  return answers;
}

const indices = (list, takes) => [...list.keys()].filter((index) => takes(list[index]));

describe("random patterns take what V8's RegExp takes", () => {
  const ROUNDS = 60;
  const PATTERNS = 80;

  test("of paths", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const patterns = times(PATTERNS, pattern);
      for (const path of times(3, () => `/${text(PATH)}`)) {
        const answers = allAnswers(
          patterns.map((path) => ({ path })),
          path,
        );
        const expected = indices(patterns, (one) => one.test(requested(path)));
        assert.deepEqual(answers, expected, `${path}: ${patterns}`);
      }
    }
  });

  test("of methods, bodies and headers, in any alphabet", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const patterns = times(PATTERNS, pattern);
      const options = patterns.map((one, index) => ({
        path: "/",
        method: index % 3 === 0 ? one : "POST",
        body: index % 3 === 1 ? one : undefined,
        headers: index % 3 === 2 ? { "X-Header": one } : undefined,
      }));
      const [body, value] = [pick([null, text(TEXT)]), pick([undefined, text(TEXT).replace(/[\n\r]/g, "")])];
      const headers = value === undefined ? {} : { "x-header": value };
      const tested = ["POST", body, value];
      const expected = [...patterns.keys()].filter((index) => patterns[index].test(tested[index % 3]));
      const answers = allAnswers(options, "/", { method: "POST", body, headers });
      assert.deepEqual(answers, expected, `${JSON.stringify(tested)}: ${patterns}`);
    }
  });
});

test("random queries are the same in any order", () => {
  const query = () =>
    times(1 + below(3), () => pick(["a", "b", "é", "😀", "\uffee", "%F0", "%zz", "a%3Db=", "+=1", "", "?"]));
  for (let round = 0; round < 500; round++) {
    const paths = times(20, () => `/${pick(["", "x"])}${pick(["?", "?", ""])}${query().join("&")}`);
    const expected = indices(paths, (one) => intercepted(one) === requested(paths[0]));
    const options = paths.map((path) => ({ path }));
    assert.deepEqual(allAnswers(options, paths[0]), expected, `${paths}`);
  }
  function intercepted(path) {
    const { pathname, search } = new URL(path, ORIGIN);
    return sorted(pathname + search);
  }
});

describe("random JSON", () => {
  const SCALARS = [
    "0",
    "-0",
    "1",
    "1.0",
    "1e0",
    "0.1",
    "1e-1",
    "1e999",
    "9007199254740993",
    "9007199254740992",
    "true",
    "null",
  ];
  const STRINGS = ['""', '"a"', '"\\u0061"', '"é"', '"\\ud800"', '"\\ud83d\\ude00"', '"😀"', '"__proto__"'];

  function json(depth) {
    const kind = below(depth > 0 ? 5 : 3);
    if (kind < 2) return pick(SCALARS);
    if (kind === 2) return pick(STRINGS);
    if (kind === 3) return `[${times(below(3), () => json(depth - 1))}]`;
    return `{${times(below(3), () => `${pick(STRINGS)}: ${json(depth - 1)}`)}}`;
  }
  const object = () => pick([`[${json(1)}]`, `{"a": ${json(1)}}`, json(2)]);
  const broken = () => pick(["", "{", "01", "[1,]", "'a'", "\ufeff1", "nul", "[".repeat(200)]);

  test("is taken where it is deeply and strictly equal", () => {
    for (let round = 0; round < 1500; round++) {
      const values = times(20, () => JSON.parse(object())).filter(
        (value) => typeof value === "object" && value !== null,
      );
      const body = random() < 0.05 ? broken() : object();
      const expected = indices(values, (value) => isDeepStrictEqual(parsed(body), value));
      const options = values.map((body) => ({ path: "/", method: "POST", body }));
      const sent = pick([body, Buffer.from(body)]);
      assert.deepEqual(allAnswers(options, "/", { method: "POST", body: sent }), expected, `${body}: ${values}`);
    }
    function parsed(text) {
      try {
        return JSON.parse(text);
      } catch {
        return undefined;
      }
    }
  });
});
