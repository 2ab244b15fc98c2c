// Tags: oracle, every-node
// Listing the keys of a KV namespace: order, prefixes, pages.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { inBothRealms } from "../support/both.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const both = inBothRealms("kv", "env.KV", (mf) => mf.getKVNamespace("KV"), { kvNamespaces: ["KV"] });
const PUT = `const put = async (...keys) => { for (const key of keys) await kv.put(key, "value of " + key); };
const names = ({ keys }) => keys.map(({ name }) => name);`;

describe("list()", () => {
  both("lists nothing of an empty namespace", `return kv.list();`, { keys: [], cursor: "", list_complete: true });

  both(
    "lists names in the order of their UTF-8 bytes",
    `${PUT} await put("b", "👋", "\\uffff", "a", "B", "ä", "10", "9"); return names(await kv.list());`,
    ["10", "9", "B", "a", "b", "ä", "\uffff", "👋"],
  );

  both(
    "tells expiration and metadata of each, as properties that are always there",
    `await kv.put("a", "1", { metadata: { m: 1 } });
    await kv.put("b", "2", { expiration: 2_000_000_000 });
    await kv.put("c", "3");
    const { keys } = await kv.list();
    return [keys, keys.map((key) => Object.keys(key).join())];`,
    [
      [{ name: "a", metadata: { m: 1 } }, { name: "b", expiration: 2_000_000_000 }, { name: "c" }],
      Array(3).fill("name,expiration,metadata"),
    ],
  );

  both(
    "lists what begins with a prefix",
    `${PUT} await put("a", "ab", "b", "ab/c", "éa", "é");
    return [names(await kv.list({ prefix: "ab" })), names(await kv.list({ prefix: "é" })),
      names(await kv.list({ prefix: "none" }))];`,
    [["ab", "ab/c"], ["é", "éa"], []],
  );

  both(
    "goes page by page",
    `${PUT} await put("a", "b", "c", "d", "e");
    const first = await kv.list({ limit: 2 });
    const second = await kv.list({ limit: 2, cursor: first.cursor });
    const third = await kv.list({ limit: 2, cursor: second.cursor });
    return [first, second, third].map((page) => [names(page).join(), page.cursor, page.list_complete]);`,
    [
      ["a,b", "Yg==", false],
      ["c,d", "ZA==", false],
      ["e", "", true],
    ],
  );

  both(
    "goes page by page through a prefix",
    `${PUT} await put("a1", "a2", "a3", "b1");
    const first = await kv.list({ limit: 2, prefix: "a" });
    const second = await kv.list({ limit: 2, prefix: "a", cursor: first.cursor });
    return [names(first), names(second), second.list_complete];`,
    [["a1", "a2"], ["a3"], true],
  );

  both(
    "has no cursor when a page ends with the last key",
    `${PUT} await put("a", "b");
    const { cursor, list_complete } = await kv.list({ limit: 2 });
    return [cursor, list_complete];`,
    ["", true],
  );

  test("lists a thousand keys at once", async (t) => {
    const kv = await create(t, { kvNamespaces: ["KV"], script: "export default {}" }).getKVNamespace("KV");
    for (let index = 0; index <= 1000; index++) await kv.put(String(index).padStart(4, "0"), "");
    const first = await kv.list();
    const second = await kv.list({ cursor: first.cursor });
    assert.deepEqual([first.keys.length, first.list_complete], [1000, false]);
    assert.deepEqual([second.keys.map(({ name }) => name), second.list_complete], [["1000"], true]);
  });

  both(
    "shows keys that are put between pages",
    `${PUT} await put("a", "b", "d");
    const first = await kv.list({ limit: 2 });
    await put("aa", "c");
    return names(await kv.list({ cursor: first.cursor }));`,
    ["c", "d"],
  );

  both(
    "goes on when the last key of a page is deleted",
    `${PUT} await put("a", "b", "c");
    const first = await kv.list({ limit: 2 });
    for (const { name } of first.keys) await kv.delete(name);
    return names(await kv.list({ cursor: first.cursor }));`,
    ["c"],
    differs("it lists nothing from there on"),
  );

  both(
    "lists nothing for a cursor that no page gave",
    `${PUT} await put("a", "b"); return kv.list({ cursor: "not a cursor" });`,
    { keys: [], cursor: "", list_complete: true },
  );
});
