// Tags: every-node
// Many rewriters and long documents: memory stays flat, Node's loop has its turns, and nothing is left of a rewriter whose
// handler never settles once nobody can read its result.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { runScript } from "../support/child.mjs";
import { evaluate } from "../support/dispatch.mjs";
import { create, Response } from "../support/miniflare.mjs";
import { HTMLRewriter } from "../support/names.mjs";
import { within } from "../support/test.mjs";

const test = within(290_000);
const MEGABYTES = 100;
const COUNT = 1_000;

/** What both realms run: a document of so many MB, and a rewriter of it. */
const LONG = `
const row = new TextEncoder().encode(('<p class="a"><a href="http://x">text of a link</a>' + " and some text".repeat(100) + "<br></p>\\n").repeat(64));
function longDocument(megabytes) {
  let left = megabytes * 2 ** 20;
  return new ReadableStream({ pull(controller) {
    if (left <= 0) return controller.close();
    left -= row.byteLength;
    controller.enqueue(row.slice());
  } }, { highWaterMark: 0 });
}
const addNothing = (HTMLRewriter) => new HTMLRewriter().on("br", { element: (br) => void br.setAttribute("a", "b") })
  .on("p", { element: (p) => void p.onEndTag((tag) => void tag.before("!")) });
async function lengthOf(stream) {
  let length = 0;
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return length;
    length += value.byteLength;
  }
}
`;

/** Starts counting turns of the loop, and the longest pause between two of them, and the highest memory. */
const WATCH = `
const seen = { turns: 0, longest: 0, rss: 0 };
const first = process.memoryUsage().rss;
let last = performance.now();
const watch = setInterval(() => {
  const now = performance.now();
  seen.longest = Math.max(seen.longest, now - last);
  last = now;
  seen.turns++;
  seen.rss = Math.max(seen.rss, (process.memoryUsage().rss - first) / 2 ** 20);
}, 1);
`;

async function figures(source, nodeArgs = []) {
  const { code, stdout, stderr, timedOut } = await runScript(source, { timeout: 280_000, nodeArgs });
  assert.deepEqual({ code, timedOut }, { code: 0, timedOut: false }, stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const IN_REALMS = {
  "in Node": `import { HTMLRewriter } from "miniflare-rs/html-rewriter";
    import { Response } from "miniflare-rs";
    ${LONG} ${WATCH}
    const { body } = addNothing(HTMLRewriter).transform(new Response(longDocument(${MEGABYTES})));
    const length = await lengthOf(body);
    clearInterval(watch);
    console.log(JSON.stringify({ ...seen, length }));`,
  "in the worker": `${LONG} ${WATCH}
    const script = ${JSON.stringify(LONG)} + \`export default {
      fetch: () => addNothing(HTMLRewriter).transform(new Response(longDocument(${MEGABYTES})))
    }\`;
    const mf = new Miniflare({ modules: true, compatibilityDate: "2022-11-30", script });
    const length = await lengthOf((await mf.dispatchFetch("http://localhost/")).body);
    clearInterval(watch);
    await mf.dispose();
    console.log(JSON.stringify({ ...seen, length }));`,
  "in the worker, which reads it itself": `${LONG} ${WATCH}
    const script = ${JSON.stringify(LONG)} + \`export default { async fetch() {
      const { body } = addNothing(HTMLRewriter).transform(new Response(longDocument(${MEGABYTES})));
      return new Response(String(await lengthOf(body)));
    } }\`;
    const mf = new Miniflare({ modules: true, compatibilityDate: "2022-11-30", script });
    const length = Number(await (await mf.dispatchFetch("http://localhost/")).text());
    clearInterval(watch);
    await mf.dispose();
    console.log(JSON.stringify({ ...seen, length }));`,
};

describe(`a document of ${MEGABYTES} MB`, () => {
  for (const [realm, source] of Object.entries(IN_REALMS)) {
    test(`takes no more memory than a short one, and leaves Node's loop its turns, ${realm}`, async () => {
      const { turns, rss, length } = await figures(source);
      assert.ok(length > MEGABYTES * 2 ** 20, `${length} bytes`);
      assert.ok(rss < MEGABYTES, `${rss.toFixed(1)} MB more`);
      // Were the loop starved, there would be none until the end.
      assert.ok(turns > 20, `${turns} turns`);
    });
  }
});

test(`${COUNT} rewriters at once wait for their handlers, in Node`, async () => {
  let waiting = 0;
  let open;
  const all = new Promise((resolve) => (open = resolve));
  const rewriter = new HTMLRewriter().on("p", {
    async element(p) {
      if (++waiting === COUNT) open();
      await all;
      p.append(p.getAttribute("n"));
    },
  });
  const texts = Array.from({ length: COUNT }, (_, n) =>
    rewriter.transform(new Response(`<p n=${n}>t</p><p n=${n}></p>`)).text(),
  );
  assert.deepEqual(
    await Promise.all(texts),
    Array.from({ length: COUNT }, (_, n) => `<p n=${n}>t${n}</p><p n=${n}>${n}</p>`),
  );
});

test(`${COUNT} rewriters at once wait for their handlers, in the worker`, async (t) => {
  const found = await evaluate(
    t,
    `let waiting = 0;
    let open;
    const all = new Promise((resolve) => (open = resolve));
    const rewriter = new HTMLRewriter().on("p", { async element(p) {
      if (++waiting === ${COUNT}) open();
      await all;
      p.append(p.getAttribute("n"));
    } });
    const texts = await Promise.all(Array.from({ length: ${COUNT} }, (_, n) =>
      rewriter.transform(new Response("<p n=" + n + "></p>")).text()));
    return [texts.every((text, n) => text === "<p n=" + n + ">" + n + "</p>"), texts.length];`,
  );
  assert.deepEqual(found, [true, COUNT]);
});

/** Each parser that waits has a mapping of its own. */
const LEFT = `
import fs from "node:fs";
const mappings = () => fs.readFileSync("/proc/self/maps", "utf8").split("\\n").length;
async function collect() {
  for (let round = 0; round < 20; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
`;

describe("a handler that never settles", { skip: process.platform !== "linux" }, () => {
  test("leaves nothing behind when the result cannot be read any more, in Node", async () => {
    const { before, during, after } = await figures(
      `import { HTMLRewriter } from "miniflare-rs/html-rewriter";
      import { Response } from "miniflare-rs";
      ${LEFT}
      const rewriter = () => new HTMLRewriter().on("p", { element: () => new Promise(() => {}) });
      await rewriter().transform(new Response("<q>")).text();
      const before = mappings();
      for (let index = 0; index < 200; index++) void rewriter().transform(new Response("<p>")).text();
      await new Promise((resolve) => setImmediate(resolve));
      const during = mappings();
      await collect();
      console.log(JSON.stringify({ before, during, after: mappings() }));`,
      ["--expose-gc"],
    );
    assert.ok(during - before > 150, `${before}, ${during}`);
    assert.ok(after - before < 100, `${before}, ${during}, ${after}`);
  });

  test("leaves nothing behind when the instance is disposed of", async () => {
    const { before, during, after } = await figures(
      `${LEFT}
      const script = \`export default { async fetch() {
        const rewriter = new HTMLRewriter().on("p", { element: () => new Promise(() => {}) });
        await new HTMLRewriter().transform(new Response("<q>")).text();
        for (let index = 0; index < 200; index++) void rewriter.transform(new Response("<p>")).text();
        await new Promise((resolve) => setTimeout(resolve, 1));
        return new Response("text");
      } }\`;
      const open = () => new Miniflare({ modules: true, script });
      const warm = new Miniflare({ modules: true, script: "export default { fetch: () => new Response() }" });
      await warm.dispatchFetch("http://localhost/");
      const before = mappings();
      const mf = open();
      await mf.dispatchFetch("http://localhost/");
      const during = mappings();
      await mf.dispose();
      await collect();
      await warm.dispose();
      console.log(JSON.stringify({ before, during, after: mappings() }));`,
      ["--expose-gc"],
    );
    assert.ok(during - before > 150, `${before}, ${during}`);
    assert.ok(during - after > 150, `${before}, ${during}, ${after}`);
  });

  test("is no reason for the process to stay", async () => {
    const { code, stdout, stderr } = await runScript(
      `import { HTMLRewriter } from "miniflare-rs/html-rewriter";
      import { Response } from "miniflare-rs";
      new HTMLRewriter().on("p", { element: () => new Promise(() => {}) }).transform(new Response("<p>")).text();
      process.on("exit", () => console.log("over"));`,
      { timeout: 120_000 },
    );
    assert.deepEqual({ code, stdout: stdout.trim() }, { code: 0, stdout: "over" }, stderr);
  });
});

describe("a tag that never ends", () => {
  for (const [realm, rewritten] of Object.entries({
    "in Node": () =>
      new HTMLRewriter().on("p", { element() {} }).transform(new Response(`<p a="${"x".repeat(5_000_000)}`)),
    "in the worker": (t) =>
      create(t, {
        script: `export default { fetch: () => new HTMLRewriter().on("p", { element() {} }).transform(new Response('<p a="' + "x".repeat(5_000_000))) }`,
      }).dispatchFetch("http://localhost/"),
  })) {
    test(`is a TypeError after 3 MiB, ${realm}`, async (t) => {
      const response = await rewritten(t);
      await assert.rejects(response.text(), {
        name: "TypeError",
        message: "Parser error: The memory limit has been exceeded.",
      });
    });
  }
});
