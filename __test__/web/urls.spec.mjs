// Tags: oracle, every-node
// URLs where parsers have differed: what the standard says now, case by case.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { evaluate, json } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

/** Miniflare 2 has the parser of the Node that it runs on. */
const OLDER = differs("on an older Node, it parses as that does");

/** `[input, base, href]`; no href where it is no URL. */
const PARSED = [
  ["file:///w|/m", , "file:///w:/m"],
  ["C|/", "file://host/dir/file", "file://host/C:/"],
  ["/C:/", "file://host/", "file://host/C:/"],
  ["file://example.net/C:/", , "file://example.net/C:/"],
  ["file:\\\\//", , "file:////"],
  ["file:////foo", , "file:////foo"],
  ["//localhost//pig", "file://lion/", "file:////pig"],
  ["file:/.//p", , "file:////p"],
  ["non-special:opaque  ?hi", , "non-special:opaque %20?hi"],
  ["non-special:opaque  #hi", , "non-special:opaque %20#hi"],
  ["non-special:opaque \t\t  \t#hi", , "non-special:opaque  %20#hi"],
  ["non-spec:/..//path", , "non-spec:/.//path"],
  ["/..//path", "non-spec:/p", "non-spec:/.//path"],
  ["///test", "http://example.org/", "http://test/"],
  ["///example.org/../path", "http://example.org/", "http://example.org/path"],
  ["foo://host/ ^", , "foo://host/%20%5E"],
  ["http://a^b/"],
  ["http://1.2.3.4.5/"],
  ["http://256.1.1.1/"],
  ["http://a b/"],
  ["//x"],
  ["", "data:x"],
];

/** `[href, setter, value, href]`. */
const CHANGED = [
  ["non-spec:/.//p", "hostname", "h", "non-spec://h//p"],
  ["non-spec:/.//p", "hostname", "", "non-spec:////p"],
  ["non-spec:/.//", "pathname", "p", "non-spec:/p"],
  ["non-spec:/", "pathname", "//p", "non-spec:/.//p"],
  ["non-spec:/", "pathname", "/..//p", "non-spec:/.//p"],
  ["foo:///some/path", "pathname", "", "foo://"],
  ["file:///unicorn", "pathname", "//monkey/..//", "file://///"],
  ["file://monkey/", "pathname", "\\\\", "file://monkey//"],
  ["data:space  ?query#fragment", "search", "", "data:space %20#fragment"],
  ["data:space  ?query#fragment", "hash", "", "data:space %20?query"],
  ["sc:space    #fragment", "hash", "", "sc:space   %20"],
  ["http://h/", "host", "", "http://h/"],
  ["http://h/", "port", "65536", "http://h/"],
  ["http://h:8080/", "port", "", "http://h/"],
  ["http://h:8080/", "protocol", "file", "http://h:8080/"],
  ["https://h:443/", "protocol", "http", "http://h/"],
  ["mailto:a", "username", "b", "mailto:a"],
  ["https://h/?a#b", "search", "", "https://h/#b"],
];

/** `[href, origin]`. */
const ORIGINS = [
  ["blob:blob:https://example.org/", "null"],
  ["blob:https://example.org:443/x", "https://example.org"],
  ["blob:http://example.org:8080/x", "http://example.org:8080"],
  ["blob:ftp://host/path", "null"],
  ["blob:ws://example.org/", "null"],
  ["blob:d3958f5c", "null"],
  ["file:///x", "null"],
  ["non-spec://h/p", "null"],
  ["wss://u:p@h:8443/p", "wss://h:8443"],
  ["ftp://h:21/", "ftp://h"],
];

describe("URLs are what the standard says:", () => {
  const run = (t, cases, body) =>
    evaluate(t, `return env.cases.map(${body});`, { bindings: { cases: cases.map((one) => [...one]) } });

  test("parsed", OLDER, async (t) => {
    const parsed = await run(
      t,
      PARSED,
      `([input, base]) => {
        const url = URL.parse(input, base);
        if (URL.canParse(input, base) !== (url !== null)) return "canParse differs";
        try {
          return new URL(input, base).href === url.href ? url.href : "the constructor differs";
        } catch (error) {
          return url === null ? error.name + " " + error.code : "the constructor throws";
        }
      }`,
    );
    for (const [index, [input, base, href]] of PARSED.entries()) {
      assert.equal(parsed[index], href ?? "TypeError ERR_INVALID_URL", `${input} ${base ?? ""}`);
    }
  });

  test("changed", OLDER, async (t) => {
    const changed = await run(
      t,
      CHANGED,
      `([href, setter, value]) => { const url = new URL(href); url[setter] = value; return url.href; }`,
    );
    for (const [index, [href, setter, value, right]] of CHANGED.entries()) {
      assert.equal(changed[index], right, `${href} ${setter} = ${value}`);
    }
  });

  test("asked for their origin", OLDER, async (t) => {
    const origins = await run(t, ORIGINS, `([href]) => new URL(href).origin`);
    for (const [index, [href, origin]] of ORIGINS.entries()) assert.equal(origins[index], origin, href);
  });

  test("taken apart", async (t) => {
    const parts = await evaluate(
      t,
      `return ["https://us%40er:pa:ss@example.com:8080/a/b?c=d#e", "http://h?#", "mailto:a@b", "non-spec:/.//p", "http://@h/"].map((href) => {
        const { protocol, username, password, host, hostname, port, pathname, search, hash } = new URL(href);
        return [protocol, username, password, host, hostname, port, pathname, search, hash].join(" ");
      });`,
    );
    assert.deepEqual(parts, [
      "https: us%40er pa%3Ass example.com:8080 example.com 8080 /a/b ?c=d #e",
      "http:   h h  /  ",
      "mailto:      a@b  ",
      "non-spec:      //p  ",
      "http:   h h  /  ",
    ]);
  });
});

describe("a URL and its searchParams", () => {
  test("follow each other", async (t) => {
    const steps = await evaluate(
      t,
      `const url = new URL("https://h/?a=1&b=2#f");
      const { searchParams } = url;
      const steps = [];
      const note = () => steps.push([url.href, [...searchParams].join(" "), url.searchParams === searchParams]);
      searchParams.append("c", "x y&z"); note();
      url.search = "?d=%20e&d"; note();
      searchParams.delete("d"); note();
      searchParams.set("é", "ü"); note();
      url.href = "http://other/?q"; note();
      url.search = ""; note();
      searchParams.append("n", ""); note();
      searchParams.sort(); note();
      url.hash = "g"; url.pathname = "/p"; note();
      return steps;`,
    );
    assert.deepEqual(steps, [
      ["https://h/?a=1&b=2&c=x+y%26z#f", "a,1 b,2 c,x y&z", true],
      ["https://h/?d=%20e&d#f", "d, e d,", true],
      ["https://h/#f", "", true],
      ["https://h/?%C3%A9=%C3%BC#f", "é,ü", true],
      ["http://other/?q", "q,", true],
      ["http://other/", "", true],
      ["http://other/?n=", "n,", true],
      ["http://other/?n=", "n,", true],
      ["http://other/p?n=#g", "n,", true],
    ]);
  });

  test("keep to opaque paths", OLDER, async (t) => {
    const seen = await evaluate(
      t,
      `const url = new URL("data:space    ?test#f");
      url.searchParams.delete("test");
      return [url.href, url.pathname];`,
    );
    assert.deepEqual(seen, ["data:space   %20#f", "space   %20"]);
  });
});

describe("the class URL", () => {
  test("is an interface as others are", async (t) => {
    const seen = await evaluate(
      t,
      `class Own extends URL { get twice() { return this.href + this.href; } }
      const own = new Own("http://h/");
      const refused = (act) => { try { act(); } catch (error) { return error instanceof TypeError; } };
      return [
        URL.length, URL.name, URL.parse.length, String(own), JSON.stringify({ own }), own.twice, own instanceof URL,
        Object.keys(own).length, Object.prototype.toString.call(own), URL.parse("nonsense"),
        refused(() => URL()), refused(() => new URL()), refused(() => new URL(Symbol())),
        refused(() => Object.create(URL.prototype).href), refused(() => (own.href = "nonsense")), own.href,
        new URL({ toString: () => "http://x/" }).href, new URL("\\ud800", "http://h/").href, new URL("a", own).href,
      ];`,
    );
    const [, , , , , , , ...rest] = seen;
    assert.deepEqual(seen.slice(0, 7), [1, "URL", 1, "http://h/", '{"own":"http://h/"}', "http://h/http://h/", true]);
    assert.deepEqual(rest, [
      0,
      "[object URL]",
      null,
      true,
      true,
      true,
      true,
      true,
      "http://h/",
      "http://x/",
      "http://h/%EF%BF%BD",
      "http://h/a",
    ]);
  });

  test("crosses into Node and back with the same serialization", OLDER, async (t) => {
    const mf = create(t, {
      script: `export default { fetch: (request, env) => Response.json([env.url.href, env.same(new URL("file:///w|/m")).href]) }`,
      bindings: { url: new URL("non-spec:/.//p"), same: (url) => url },
    });
    assert.deepEqual(await json(mf), ["non-spec:/.//p", "file:///w:/m"]);
  });
});
