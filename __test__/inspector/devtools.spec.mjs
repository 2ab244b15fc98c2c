// Chrome DevTools itself, as Chromium has it: it shows a worker's file, sets a breakpoint, and shows where the worker is paused.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { openDevTools } from "../support/devtools.mjs";
import { folder } from "../support/files.mjs";
import { ask, debuggee, get, urlOf } from "../support/inspector.mjs";
import { within } from "../support/test.mjs";

const test = within(180_000);

const WORKER = `export default {
  async fetch(request) {
    const text = "seen";
    return new Response(text);
  },
};
`;

describe("Chrome DevTools", () => {
  test("opens the file of a worker, sets a breakpoint, and shows the line and the values of a pause", async (t) => {
    const cwd = folder(t, { "worker.mjs": WORKER });
    const process = await debuggee(t, { scriptPath: "worker.mjs", modules: true, inspectorPort: 0 }, { cwd });
    const url = await urlOf(process);
    const { value: targets } = await get(url, "/json/list");
    const { devtoolsFrontendUrl } = targets.find(({ webSocketDebuggerUrl }) => webSocketDebuggerUrl === url);
    assert.match(devtoolsFrontendUrl, /^devtools:\/\/devtools\/bundled\/js_app\.html\?/);

    const tools = await openDevTools(t, url);
    await tools.open("worker.mjs");
    await tools.text('const text = "seen";', "cm-line");
    await tools.click("cm-gutterElement", "4");
    await tools.texts("cm-breakpoint");

    const answer = ask(process);
    await tools.text("Paused on breakpoint");
    const [line] = await tools.texts("cm-executionLine");
    assert.match(line, /^ {4}return new Response\(text\);/);
    await tools.press("F8", { number: 119 });
    assert.equal(await answer, "seen");
  });
});
