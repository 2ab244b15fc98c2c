// What a person sees in a browser: a page that loads itself again after an edit, and a page that shows what went wrong.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { openPage } from "../support/chromium.mjs";
import { serveCommand } from "../support/command.mjs";
import { folder, write } from "../support/files.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const page = (text) => `export default { fetch(request) {
  if (new URL(request.url).pathname === "/favicon.ico") return new Response(null, { status: 404 });
  return new Response("<title>${text}</title><h1>${text}</h1>", { headers: { "Content-Type": "text/html" } });
} };`;
const broken = `export default { fetch(request) {
  const settings = undefined;
  // The next line is wrong.
  return new Response(settings.title);
} };`;
const LIVE = ["worker.mjs", "--watch", "--live-reload"];

/** Resolves once the page that is shown, after another load if need be, makes the expression true. */
async function until(page, expression) {
  for (let loaded = page.next("Page.loadEventFired"); ; loaded = page.next("Page.loadEventFired")) {
    if (await page.value(expression).catch(() => false)) return;
    await loaded;
  }
}

/** A function that resolves once another page waits for reloads: an edit before that is missed. */
async function countSockets(browser) {
  let opened = 0;
  let expected = 0;
  let look = () => {};
  browser.on("Network.webSocketHandshakeResponseReceived", () => {
    opened++;
    look();
  });
  await browser.send("Network.enable");
  return () =>
    new Promise((resolve) => {
      expected++;
      look = () => opened >= expected && resolve();
      look();
    });
}

describe("live reload", () => {
  test("loads the page again after each edit", async (t) => {
    const cwd = folder(t, { "worker.mjs": page("one") });
    const { origin } = await serveCommand(t, LIVE, { cwd });
    const browser = await openPage(t);
    const connected = await countSockets(browser);
    await browser.open(`${origin}/`);
    assert.equal(await browser.value("document.querySelector('h1').textContent"), "one");
    await connected();
    for (const text of ["two", "three"]) {
      write(cwd, { "worker.mjs": page(text) });
      await until(browser, `document.title === "${text}"`);
      await connected();
    }
  });

  test("goes from the page of an error to that of the mended worker", async (t) => {
    const cwd = folder(t, { "worker.mjs": broken });
    const { origin } = await serveCommand(t, LIVE, { cwd });
    const browser = await openPage(t);
    const connected = await countSockets(browser);
    await browser.open(`${origin}/`);
    assert.match(await browser.value("document.body.innerText"), /Cannot read properties of undefined/);
    await connected();
    write(cwd, { "worker.mjs": page("mended") });
    await until(browser, 'document.title === "mended"');
  });
});

describe("the page of an error", () => {
  test("shows what was thrown, the line of the user's file, and the request, in both colour schemes", async (t) => {
    const cwd = folder(t, { "worker.mjs": broken });
    const { origin } = await serveCommand(t, ["worker.mjs"], { cwd });
    const browser = await openPage(t);
    const requests = [];
    await browser.send("Network.enable");
    browser.on("Network.requestWillBeSent", ({ request }) => requests.push(request.url));
    await browser.open(`${origin}/some/path`);
    const text = await browser.value("document.body.innerText");
    assert.match(text, /TypeError/);
    assert.match(text, /Cannot read properties of undefined \(reading 'title'\)/);
    assert.match(text, /return new Response\(settings\.title\);/);
    assert.match(text, /\/some\/path/);
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(origin) && !url.startsWith("data:")),
      [],
    );
    const colours = [];
    for (const scheme of ["light", "dark"]) {
      await browser.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      await browser.open(`${origin}/some/path`);
      colours.push(await browser.value("getComputedStyle(document.body).backgroundColor"));
    }
    assert.notEqual(colours[0], colours[1]);
  });

  test("shows the line of the source that a build was made of", async (t) => {
    const source = `export default {\n  fetch(request: Request): Response {\n    throw new Error("in TypeScript");\n  },\n};\n`;
    const built = `export default {\n  fetch(request) {\n    throw new Error("in TypeScript");\n  }\n};\n//# sourceMappingURL=worker.mjs.map\n`;
    const map = { version: 3, sources: ["../src/worker.ts"], names: [], mappings: MAPPINGS };
    const cwd = folder(t, {
      "src/worker.ts": source,
      "dist/worker.mjs": built,
      "dist/worker.mjs.map": JSON.stringify(map),
    });
    const { origin } = await serveCommand(t, ["dist/worker.mjs"], { cwd });
    const browser = await openPage(t);
    await browser.open(`${origin}/`);
    const text = await browser.value("document.body.innerText");
    assert.match(text, /src\/worker\.ts/);
    assert.match(text, /fetch\(request: Request\): Response \{/);
  });
});

/** Each line, from its first column, to the same line of the source. */
const MAPPINGS = "AAAA;AACA;IACA,MAAM;AACN;AACA";
