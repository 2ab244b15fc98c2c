// Tags: oracle
// The Jest environment makes what a test file gets when a test first uses it. When that is makes no difference.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

/** Test files, each of which first uses the environment at another point, and how many tests all of them have. */
const FILES = {
  "block.test.cjs": `
    describe("a block whose hook is the first to store something", () => {
      beforeAll(() => getMiniflareBindings().KV.put("seed", "of the block"));
      test("has it, and stores more", async () => {
        const { KV } = getMiniflareBindings();
        expect(await KV.get("seed")).toBe("of the block");
        await KV.put("more", "of the test");
      });
      test("has what the hook stored, and no more", async () => {
        const { KV } = getMiniflareBindings();
        expect((await KV.list()).keys).toEqual([{ name: "seed" }]);
      });
    });
    test("what the hook of a block stored is undone after it", async () => {
      expect((await getMiniflareBindings().KV.list()).keys).toStrictEqual([]);
    });`,
  "test.test.cjs": `
    test("a test that is the first to store something", async () => {
      await getMiniflareBindings().KV.put("key", "value");
      await caches.default.put("http://localhost/", new Response("", { headers: { "Cache-Control": "max-age=60" } }));
    });
    test("leaves nothing", async () => {
      expect(await getMiniflareBindings().KV.get("key")).toBeNull();
      expect(await caches.default.match("http://localhost/")).toBeUndefined();
    });`,
  "replaced.test.cjs": `
    test("classes that a test has replaced before", () => {
      class Own {}
      Object.assign(globalThis, { Headers: Own, Request: Own });
      const response = new Response("text", { headers: { "Set-Cookie": "a=1" } });
      expect(response.headers.getAll("Set-Cookie")).toStrictEqual(["a=1"]);
      expect(Headers).toBe(Own);
    });`,
  "timers.test.cjs": `
    test("fake timers that a test has put in place before", async () => {
      jest.useFakeTimers();
      const { KV } = getMiniflareBindings();
      await KV.put("key", "value");
      expect(await KV.get("key")).toBe("value");
      getMiniflareFetchMock().disableNetConnect();
      getMiniflareFetchMock().get("https://example.com").intercept({ path: "/" }).reply(200, "mocked");
      expect(await (await fetch("https://example.com/")).text()).toBe("mocked");
    });
    test("a socket under fake timers", async () => {
      const [one, other] = Object.values(new WebSocketPair());
      one.accept();
      other.accept();
      const message = new Promise((resolve) => one.addEventListener("message", resolve));
      other.send("text");
      expect((await message).data).toBe("text");
    });
    test("timers of Node, after many answers under fake timers", async () => {
      const { KV } = getMiniflareBindings();
      const { setTimeout } = require("node:timers");
      let isDue = false;
      setTimeout(() => (isDue = true), 1);
      while (!isDue) await KV.get("key");
    });`,
  "reader.test.cjs": `
    test("a reader of Node's, when nothing else has been used", async () => {
      const source = { type: "bytes", pull: (controller) => controller.enqueue(new Uint8Array([1])) };
      const reader = new ReadableStream(source).getReader({ mode: "byob" });
      expect(await reader.readAtLeast(3, new Uint8Array(3))).toStrictEqual({ value: new Uint8Array([1, 1, 1]), done: false });
    });`,
  "service.test.cjs": `
    /** @jest-environment-options {"modules":false,"kvNamespaces":["KV"],"bindings":{"LIST":[1]}} */
    test("bindings that are globals", async () => {
      expect(LIST).toStrictEqual([1]);
      expect(LIST).toBe(LIST);
      await KV.put("key", "value");
      expect(await getMiniflareBindings().KV.get("key")).toBe("value");
    });`,
};
const TESTS = 12;

describe("the Jest environment", differs("it is made at set-up there"), () => {
  test("is the same, whenever a test first uses it", async (t) => {
    const options = { modules: true, kvNamespaces: ["KV"] };
    const files = Object.fromEntries(Object.entries(FILES).map(([name, text]) => [name, text.trimStart()]));
    const more = { testMatch: ["<rootDir>/*.test.cjs"] };
    const cwd = suiteOf(t, { source: `test("uses nothing", () => {});`, options, more, files });
    const { code, result, stderr, messages } = await jest(cwd, "--runInBand");
    assert.equal(code, 0, messages + stderr);
    assert.deepEqual([result.numFailedTests, result.numPassedTests], [0, TESTS], messages);
  });
});
