// The configuration of VS Code that docs/debugging.md shows: it is one that VS Code reads, and its address is that of a worker.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../support/child.mjs";
import { Debugger } from "../support/inspector.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);
const page = readFileSync(path.join(root, "docs/debugging.md"), "utf8");
const [, json] = /`\.vscode\/launch\.json`:\s+```json\n([\s\S]*?)```/.exec(page);
const launch = JSON.parse(json);
const { configurations } = launch;

describe("launch.json", () => {
  test("has what VS Code needs of each configuration", () => {
    assert.equal(launch.version, "0.2.0");
    for (const { name, type, request, program } of configurations) {
      assert.equal(typeof name, "string");
      assert.equal(type, "node");
      assert.equal(request === "launch", typeof program === "string", `${name} launches a program, or attaches`);
    }
    const names = configurations.map(({ name }) => name);
    for (const compound of launch.compounds) {
      assert.deepEqual(
        compound.configurations.filter((name) => !names.includes(name)),
        [],
      );
    }
  });

  test("attaches to a worker at the port that the page names", async (t) => {
    const { websocketAddress } = configurations.find(({ request }) => request === "attach");
    const address = new URL(websocketAddress);
    assert.ok(page.includes(`port ${address.port}`));
    const mf = create(t, { script: "globalThis.me = 'worker';", inspectorPort: 0 });
    const own = await mf.getInspectorURL();
    assert.equal(`${address.hostname}${address.pathname}`, `${own.hostname}${own.pathname}`);
    address.port = own.port;
    const client = await Debugger.connect(t, address);
    await client.enable();
    assert.equal(await client.evaluate("me"), "worker");
  });
});
