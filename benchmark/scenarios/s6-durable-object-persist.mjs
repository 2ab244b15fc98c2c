// Writes of a Durable Object that must reach the disk, each awaited by the object before the next.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { COUNTER } from "../lib/counter.mjs";
import { ask, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const KEYS = 1000;

async function fill(mf) {
  await ask(mf, "1");
  const request = () => ask(mf, String(KEYS), `${URL_OF_WORKER}fill?keys=${KEYS}`);
  return (await microsPerCall(request, { warmUp: 0, calls: 1 })) / KEYS;
}

export default {
  name: "s6-durable-object-persist",
  unit: "µs",
  doc: `per put: a Durable Object puts ${KEYS} keys one by one, persisted to disk`,
  target: { share: 0.03 },
  async run({ Miniflare }) {
    const folder = mkdtempSync(path.join(os.tmpdir(), "benchmark-"));
    try {
      return await withInstance(Miniflare, { ...COUNTER, durableObjectsPersist: folder }, fill);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
