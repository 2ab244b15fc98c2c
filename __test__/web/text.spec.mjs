// Tags: oracle, every-node
// Base64, text encoding and URLs in a worker.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { evaluate } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const caught = (statement) =>
  `try { ${statement}; return "nothing thrown"; } catch ({ name, message }) { return [name, message]; }`;

describe("base64", () => {
  test("goes there and back, for every byte", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
      const there = [btoa("Hello, Workers!"), btoa(null)];
      return [...there, atob("SGVsbG8sIFdvcmtlcnMh"), atob(btoa(all)) === all, atob(" Y Q\\n==")];`,
      ),
      ["SGVsbG8sIFdvcmtlcnMh", "bnVsbA==", "Hello, Workers!", true, "a"],
    );
  });

  for (const statement of [`btoa("ü👋")`, `atob("?")`]) {
    test(`refuses ${statement}`, async (t) => {
      assert.equal((await evaluate(t, caught(statement)))[0], "InvalidCharacterError");
    });
  }
});

describe("text encoding", () => {
  test("encodes UTF-8 and decodes many encodings", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const target = new Uint8Array(4);
      return [[...new TextEncoder().encode("ü€👋")], new TextEncoder().encodeInto("aü👋", target),
        new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])),
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])).length,
        new TextDecoder("utf-16le").decode(new Uint8Array([0x3d, 0xd8, 0x4b, 0xdc])),
        new TextDecoder("shift_jis").encoding,
        new TextDecoder().decode(new Uint8Array([0xff]))];`,
      ),
      [[195, 188, 226, 130, 172, 240, 159, 145, 139], { read: 2, written: 3 }, "a", 2, "👋", "shift_jis", "\ufffd"],
    );
  });

  test(
    "decodes Latin-1 as windows-1252, as the standard says",
    differs("Node 20 decodes it as ISO 8859-1"),
    async (t) => {
      assert.equal(await evaluate(t, `return new TextDecoder("latin1").decode(new Uint8Array([0x80]));`), "€");
    },
  );

  test("decodes in parts, and strictly when asked", async (t) => {
    assert.equal(
      await evaluate(
        t,
        `
      const decoder = new TextDecoder();
      return decoder.decode(new Uint8Array([0xc3]), { stream: true }) + decoder.decode(new Uint8Array([0xbc]));`,
      ),
      "ü",
    );
    const strict = `new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff]))`;
    assert.equal((await evaluate(t, caught(strict)))[0], "TypeError");
  });
});

describe("URL", () => {
  test("parses, resolves and serialises", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const url = new URL("../b?x=1#h", "https://user:pw@EXÄMPLE.com:8443/a/c/");
      url.searchParams.append("y", "ü &");
      return [url.href, url.origin, url.hostname, url.port, url.pathname, [...url.searchParams]];`,
      ),
      [
        "https://user:pw@xn--exmple-cua.com:8443/a/b?x=1&y=%C3%BC+%26#h",
        "https://xn--exmple-cua.com:8443",
        "xn--exmple-cua.com",
        "8443",
        "/a/b",
        [
          ["x", "1"],
          ["y", "ü &"],
        ],
      ],
    );
    assert.deepEqual((await evaluate(t, caught(`new URL("relative")`)))[0], "TypeError");
  });

  test("search parameters sort, delete and encode", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const params = new URLSearchParams([["b", "2"], ["a", "1"], ["b", "3"]]);
      params.sort();
      const all = params.getAll("b");
      params.delete("b");
      return [all, params.toString(), params.has("b"), new URLSearchParams("?q=a+b%20c").get("q")];`,
      ),
      [["2", "3"], "a=1", false, "a b c"],
    );
  });

  test("patterns match", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const pattern = new URLPattern({ pathname: "/users/:id(\\\\d+)/*" });
      const match = pattern.exec("https://example.com/users/42/posts/1");
      return [pattern.test("https://example.com/users/x/"), match.pathname.groups.id, match.pathname.groups[0]];`,
      ),
      [false, "42", "posts/1"],
    );
  });

  test("patterns match nothing at all when they match everything", async (t) => {
    const body = `return ["*", "/a"].map((pathname) => new URLPattern({ pathname })).map((pattern) =>
      [pattern.test(), pattern.exec() === null]);`;
    assert.deepEqual(await evaluate(t, body), [
      [true, false],
      [false, true],
    ]);
  });
});
