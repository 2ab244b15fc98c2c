// URLs that look random, in the worker and in Node: parsed, changed part by part, and with their queries. Both have the same
// parser, Node an older one; what that has learnt since is in a list.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { create } from "../support/miniflare.mjs";
import { randomOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);
const random = randomOf(20_261_130);
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];
const some = (list, most) => Array.from({ length: below(most + 1) }, () => pick(list)).join("");

const SCHEMES = [
  "http:",
  "https:",
  "HTTP:",
  "ws:",
  "wss:",
  "ftp:",
  "file:",
  "non-spec:",
  "a:",
  "data:",
  "mailto:",
  "blob:",
];
const SLASHES = ["", "/", "//", "//", "//", "///", "\\\\", "/\\", "//./", "/.//"];
const CREDENTIALS = ["", "", "", "", "user@", "user:pass@", ":pass@", "@", "a%40b:c@", "ü:ß@", "a@b@"];
const HOSTS = [
  ...["example.com", "EXAMPLE.com", "h", "", "127.0.0.1", "0x7f.1", "1.2.3", "256.1.1.1", "[::1]", "[1:2::3]", "[::g]"],
  ...[
    "münchen.de",
    "xn--mnchen-3ya.de",
    "a_b",
    "a b",
    "a%20b",
    "%41",
    "a..b",
    "ex^ample",
    "日本語。jp",
    "a|b",
    "localhost",
  ],
];
const PORTS = ["", "", "", ":", ":80", ":443", ":8080", ":0", ":65536", ":x", ":21"];
const PIECES = [
  "/",
  "/",
  "a",
  "b",
  ".",
  "..",
  "/..",
  "/.",
  "//",
  "%2e",
  "%2E%2e",
  " ",
  "é",
  "😀",
  "\\",
  "C:",
  "c|",
  "w|",
  "^",
  "`",
  "{",
  '"',
];
const QUERY = ["?", "a", "=", "&", "b", " ", "'", "+", "%20", "%zz", "é", "#"];
const FRAGMENT = ["#", "x", " ", "`", "é", "<", "\u0000"];
const SETTERS = ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

function anyUrl() {
  const scheme = random() < 0.85 ? pick(SCHEMES) : "";
  const authority = random() < 0.8 ? pick(SLASHES) + pick(CREDENTIALS) + pick(HOSTS) + pick(PORTS) : "";
  const rest =
    some(PIECES, 6) + (random() < 0.4 ? `?${some(QUERY, 5)}` : "") + (random() < 0.4 ? `#${some(FRAGMENT, 3)}` : "");
  return scheme + authority + rest;
}

const VALUES = [...SCHEMES, ...HOSTS, ...PORTS, ...CREDENTIALS, "/x", "//x", "/..//p", "?q=1", "#f", "", "a b", "é"];

/** `[input, base, [setter, value], ...]`. */
function anyCase() {
  const base = random() < 0.3 ? anyUrl() : undefined;
  const changes = Array.from({ length: below(4) }, () => [pick(SETTERS), pick(VALUES)]);
  return [anyUrl(), base, ...changes];
}

/** What a case is, step by step. The source is the worker's as well. */
function trace([input, base, ...changes]) {
  const GETTERS = [
    "href",
    "origin",
    "protocol",
    "username",
    "password",
    "host",
    "hostname",
    "port",
    "pathname",
    "search",
    "hash",
  ];
  const steps = [];
  const isSound = (url) => URL.canParse(url.href) && new URL(url.href).href === url.href;
  const show = (url) =>
    steps.push([...GETTERS.map((name) => url[name]), [...url.searchParams].join(), url.searchParams.size]);
  const [text, relative] = [input, base ?? undefined];
  steps.push(URL.canParse(text, relative));
  let url;
  try {
    url = new URL(text, relative);
  } catch (error) {
    steps.push(error.name);
    return steps;
  }
  show(url);
  for (const [name, value] of changes) {
    try {
      url[name] = value;
    } catch (error) {
      steps.push(error.name);
    }
    if (!isSound(url)) return [...steps, "is no URL any more"];
    show(url);
  }
  if (!isSound(url)) return [...steps, "is no URL any more"];
  url.searchParams.append("n", "a b&c");
  show(url);
  url.searchParams.delete("n");
  show(url);
  return steps;
}

const script = `${trace}
export default { async fetch(request) { return Response.json((await request.json()).map(trace)); } };`;

const isSpecial = (href) => /^(https?|wss?|ftp|file):/.test(href);
const changed = (one, here, names) =>
  one.slice(2).some(([name]) => names.includes(name)) && !isSpecial(here[1]?.[0] ?? "");

/** Where the parsers of older Nodes depart from today's standard: `[why, whether that is so here]`. */
const OLDER = [
  ["a caret in a path is encoded", (one) => JSON.stringify(one).includes("^")],
  ["a space at the end of an opaque path is encoded", (one) => / [?#]/.test(JSON.stringify(one))],
  ["canParse took Latin-1 for UTF-8, and opaque bases for others", (_, here, there) => here[0] !== there[0]],
  ["a setter made what is no URL", (_, __, there) => there.at(-1) === "is no URL any more"],
  ["a host that is set to be empty", (one, here) => changed(one, here, ["host", "hostname"])],
  ["a path whose dots lead to its root", (one) => /\/(\.|%2e)/i.test(JSON.stringify(one))],
  ["a path that is set before a query", (one, here) => changed(one, here, ["pathname"])],
  ["a port of 0 where the scheme changes", (one, here) => changed(one, here, ["protocol"])],
  [
    "a port that is set to no number",
    (one) => one.slice(2).some(([name, value]) => name === "port" && /^:/.test(value)),
  ],
];

describe("a URL in the worker is what it is in Node:", () => {
  for (let round = 0; round < 8; round++) {
    test(`500 that look random, ${round + 1} of 8`, async (t) => {
      const cases = Array.from({ length: 500 }, anyCase);
      const mf = create(t, { script });
      const body = JSON.stringify(cases);
      const here = await (await mf.dispatchFetch("http://localhost/", { method: "POST", body })).json();
      // As JSON has them: halves of surrogate pairs aside, there is nothing that it changes.
      const there = JSON.parse(JSON.stringify(JSON.parse(body).map(trace)));
      let same = 0;
      for (const [index, one] of cases.entries()) {
        assert.notEqual(here[index].at(-1), "is no URL any more", JSON.stringify(one));
        if (isDeepStrictEqual(here[index], there[index])) same++;
        else if (!OLDER.some(([, is]) => is(one, here[index], there[index])))
          assert.deepEqual(here[index], there[index], JSON.stringify(one));
      }
      assert.ok(same > 450, `${same} of 500 are the same`);
    });
  }
});
