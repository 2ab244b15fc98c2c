// Profiles of a worker, as debuggers open them: where it spends its time, and what is on its heap.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { runScript } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);
const WORKER = `class Marker {
  constructor(name) { this.name = name; }
}
globalThis.markers = ["first", "second"].map((name) => new Marker(name));
export default {
  fetch(request) {
    return new Response(String(compute(new URL(request.url).pathname === "/long" ? 3e8 : 10)));
  },
};
function compute(rounds) {
  let sum = 0;
  for (let round = 0; round < rounds; round++) sum = (sum + round * round) % 1000;
  return sum;
}
`;

function start(t, options = {}) {
  const cwd = folder(t, { "worker.mjs": WORKER });
  const scriptPath = path.join(cwd, "worker.mjs");
  return { mf: create(t, { scriptPath, modules: true, ...options }), cwd, url: pathToFileURL(scriptPath).href };
}

const ask = (mf, place = "/long") => mf.dispatchFetch(`http://localhost${place}`).then((res) => res.text());

describe("a CPU profile", () => {
  for (const [what, options] of Object.entries({ "": {}, " that debuggers may connect to": { inspectorPort: 0 } })) {
    test(`of a worker${what} has the functions that took the time, and where they are`, async (t) => {
      const { mf, url } = start(t, options);
      await ask(mf, "/short");
      const profile = await mf.profile(() => ask(mf), { samplingInterval: 100 });
      const found = profile.nodes.filter(({ callFrame }) => callFrame.functionName === "compute");
      assert.ok(found.length > 0, JSON.stringify(profile.nodes.map(({ callFrame }) => callFrame.functionName)));
      assert.deepEqual([found[0].callFrame.url, found[0].callFrame.lineNumber], [url, 9]);
      const ids = new Set(found.map(({ id }) => id));
      assert.ok(profile.samples.some((id) => ids.has(id)));
      assert.equal(profile.samples.length, profile.timeDeltas.length);
      assert.ok(profile.endTime > profile.startTime);
      // The tree of nodes is whole: each but the root has one parent.
      const children = profile.nodes.flatMap((node) => node.children ?? []);
      assert.deepEqual([profile.nodes[0].id, ...children].sort(), profile.nodes.map(({ id }) => id).sort());
    });
  }

  test("is taken again and again", async (t) => {
    const { mf } = start(t);
    for (let round = 0; round < 3; round++) {
      const { nodes } = await mf.profile(() => ask(mf, "/short"));
      assert.equal(nodes[0].callFrame.functionName, "(root)");
    }
  });

  test("rejects with what the function throws, and leaves the worker as it was", async (t) => {
    const { mf } = start(t);
    await assert.rejects(
      mf.profile(() => {
        throw new RangeError("thrown");
      }),
      { name: "RangeError", message: "thrown" },
    );
    await mf.profile(() => ask(mf, "/short"));
  });

  test("is refused while another one is taken, of this worker or of Node", async (t) => {
    const { mf } = start(t);
    await mf.profile(async () => {
      await assert.rejects(
        mf.profile(() => {}),
        { code: "ERR_PROFILING", message: /is being profiled already/ },
      );
    });
    const source = `
      const mf = new Miniflare({ script: "" });
      await mf.profile(() => {}).catch((error) => console.log(error.code));
      await mf.dispose();
    `;
    const cwd = folder(t);
    const { stdout, stderr } = await runScript(source, { nodeArgs: ["--cpu-prof", `--cpu-prof-dir=${cwd}`] });
    assert.equal(stdout, "ERR_PROFILING\n", stderr);
  });

  test("rejects if the worker ends meanwhile", async (t) => {
    const { mf } = start(t);
    await assert.rejects(
      mf.profile(() => mf.reload()),
      { code: "ERR_RELOADED" },
    );
    await assert.rejects(
      mf.profile(() => mf.dispose()),
      { code: "ERR_DISPOSED" },
    );
  });

  test("rejects wrong arguments", async (t) => {
    const { mf } = start(t);
    await assert.rejects(mf.profile(), /expected a function, got undefined/);
    await assert.rejects(mf.heapSnapshot(), /heapSnapshot\(\): expected the path of a file, got undefined/);
    for (const samplingInterval of [0, 1.5, "1", 1_000_001]) {
      await assert.rejects(
        mf.profile(() => {}, { samplingInterval }),
        /Invalid samplingInterval: expected a whole number/,
      );
    }
  });
});

describe("a heap profile", () => {
  const KEEPING = `const kept = [];
export default {
  fetch(request) {
    keep(Number(new URL(request.url).searchParams.get("count")));
    return new Response(String(kept.length));
  },
};
function keep(count) {
  for (let round = 0; round < count; round++) kept.push({ round, text: ["text", round].join() });
}
`;
  const flat = (node) => [node, ...node.children.flatMap(flat)];
  const keeping = (t, options) => create(t, { script: KEEPING, modules: true, ...options });
  const fill = (mf, count) => mf.dispatchFetch(`http://localhost/?count=${count}`).then((res) => res.text());

  for (const [what, options] of Object.entries({ "": {}, " that debuggers may connect to": { inspectorPort: 0 } })) {
    test(`of a worker${what} has the functions that made what is kept`, async (t) => {
      const mf = keeping(t, options);
      await fill(mf, 1);
      const profile = await mf.heapProfile(() => fill(mf, 50_000));
      const found = flat(profile.head).filter(({ callFrame }) => callFrame.functionName === "keep");
      assert.ok(found.length > 0, JSON.stringify(profile.head));
      assert.equal(found[0].callFrame.lineNumber, 7);
      // An object with two fields has 20 bytes at least.
      const kept = found.flatMap(flat).reduce((sum, { selfSize }) => sum + selfSize, 0);
      assert.ok(kept > 50_000 * 20, `${kept} bytes`);
      const ids = new Set(flat(profile.head).map(({ id }) => id));
      assert.ok(profile.samples.length > 0 && profile.samples.every(({ nodeId }) => ids.has(nodeId)));
    });
  }

  test("is taken at the same time as a CPU profile, and again and again", async (t) => {
    const mf = keeping(t);
    for (let round = 0; round < 3; round++) {
      let heap;
      const cpu = await mf.profile(async () => {
        heap = await mf.heapProfile(() => fill(mf, 5_000), { samplingInterval: 1_024 });
      });
      assert.equal(cpu.nodes[0].callFrame.functionName, "(root)");
      assert.ok(flat(heap.head).some(({ callFrame }) => callFrame.functionName === "keep"));
    }
  });

  test("rejects with what the function throws, while another is taken, and if the worker ends", async (t) => {
    const mf = keeping(t);
    const failing = () => Promise.reject(new RangeError("thrown"));
    await assert.rejects(mf.heapProfile(failing), { name: "RangeError", message: "thrown" });
    await mf.heapProfile(async () => {
      await assert.rejects(mf.heapProfile(failing), { code: "ERR_PROFILING" });
    });
    await assert.rejects(
      mf.heapProfile(() => mf.reload()),
      { code: "ERR_RELOADED" },
    );
    await assert.rejects(mf.heapProfile(1), /heapProfile\(\): expected a function, got 1/);
    await assert.rejects(
      mf.heapProfile(() => {}, { samplingInterval: 0 }),
      /Invalid samplingInterval: expected a whole number of bytes/,
    );
  });
});

describe("a heap snapshot", () => {
  test("has the objects of the worker", async (t) => {
    const { mf, cwd } = start(t);
    await ask(mf, "/short");
    const file = await mf.heapSnapshot(path.join(cwd, "worker.heapsnapshot"));
    assert.equal(file, path.join(cwd, "worker.heapsnapshot"));
    const { snapshot, nodes, edges, strings } = JSON.parse(readFileSync(file, "utf8"));
    const fields = snapshot.meta.node_fields;
    assert.equal(nodes.length, snapshot.node_count * fields.length);
    assert.equal(edges.length, snapshot.edge_count * snapshot.meta.edge_fields.length);
    const name = strings.indexOf("Marker");
    const [types] = snapshot.meta.node_types;
    let count = 0;
    for (let at = 0; at < nodes.length; at += fields.length) {
      const isObject = types[nodes[at + fields.indexOf("type")]] === "object";
      if (isObject && nodes[at + fields.indexOf("name")] === name) count++;
    }
    // The instances, and the prototype.
    assert.ok(count >= 2, `${count} objects`);
  });

  test("rejects with Node's error if the file cannot be written", async (t) => {
    const { mf, cwd } = start(t);
    const file = path.join(cwd, "missing", "worker.heapsnapshot");
    await assert.rejects(mf.heapSnapshot(file), { code: "ENOENT", path: file });
  });
});
