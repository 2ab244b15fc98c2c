// The worker of the Durable Object scenarios: a counter that reads and writes storage on every request, and an object
// that fills its storage on demand.

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ask, URL_OF_WORKER, withInstance } from "./instance.mjs";
import { microsPerCall } from "./timing.mjs";

const script = `
export class Counter {
  constructor(state) { this.storage = state.storage; }

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/fill") return new Response(String(await this.fill(Number(searchParams.get("keys")))));
    if (pathname === "/list") return new Response(String((await this.storage.list()).size));
    return new Response(String(await this.count()));
  }

  async count() {
    const next = ((await this.storage.get("n")) ?? 0) + 1;
    await this.storage.put("n", next);
    return next;
  }

  async fill(keys) {
    for (let i = 0; i < keys; i++) await this.storage.put("k" + i, { i, text: "x".repeat(100) });
    return keys;
  }
}

export default {
  fetch(request, env) {
    return env.COUNTER.get(env.COUNTER.idFromName("a")).fetch(request);
  },
};`;

export const COUNTER = { script, durableObjects: { COUNTER: "Counter" } };

export const FILLED_KEYS = 1000;

async function fill(mf) {
  await ask(mf, "1");
  const request = () => ask(mf, String(FILLED_KEYS), `${URL_OF_WORKER}fill?keys=${FILLED_KEYS}`);
  return (await microsPerCall(request, { warmUp: 0, calls: 1 })) / FILLED_KEYS;
}

/** What a put costs when an object, kept in a folder, fills its storage. */
export async function fillPersisted(Miniflare, options = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "benchmark-"));
  try {
    return await withInstance(Miniflare, { ...COUNTER, durableObjectsPersist: folder, ...options }, fill);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
