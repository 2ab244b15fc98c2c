// Chrome DevTools itself, as Chromium has it: it shows a worker's file, sets a breakpoint, and shows where the worker is paused.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { URL_ROOT } from "../support/dispatch.mjs";
import { openDevTools } from "../support/devtools.mjs";
import { folder } from "../support/files.mjs";
import { ask, debuggee, get, urlOf } from "../support/inspector.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(180_000);

const WORKER = `export default {
  async fetch(request) {
    const text = "seen";
    return new Response(text);
  },
};
`;

const COMPUTING = `class Marker { constructor(name) { this.name = name; } }
const markers = [];
function makeMarkers() { for (let count = 0; count < 10_000; count++) markers.push(new Marker(["marker", count].join())); }
function computeForLong() { let sum = 0; for (let round = 0; round < 1e8; round++) sum = (sum + round * round) % 1000; return sum; }
export default { fetch() { makeMarkers(); return new Response(String(computeForLong())); } };`;

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

  test("opens profiles and a heap snapshot of a worker", async (t) => {
    const cwd = folder(t);
    const mf = create(t, { script: COMPUTING });
    const ask = () => mf.dispatchFetch(URL_ROOT).then((res) => res.text());
    const file = (name, content) => {
      const made = path.join(cwd, name);
      writeFileSync(made, JSON.stringify(content));
      return made;
    };
    const cpu = file("cpu.cpuprofile", await mf.profile(ask));
    const heap = file("heap.heapprofile", await mf.heapProfile(ask, { samplingInterval: 1_024 }));
    const snapshot = await mf.heapSnapshot(path.join(cwd, "snapshot.heapsnapshot"));

    const tools = await openDevTools(t);
    await tools.load("Performance", "Load trace…", cpu);
    await tools.select("Bottom-up");
    await tools.text("computeForLong", "activity-name");
    await tools.load("Memory", "Load profile…", heap);
    await tools.show("heap", "makeMarkers");
    await tools.load("Memory", "Load profile…", snapshot);
    await tools.show("snapshot", "Marker");
  });
});
