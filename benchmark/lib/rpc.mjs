// Two workers that call each other by RPC, and an object. Each call is made many times within one request, so that it is the call
// that is measured.
import { ask, URL_OF_WORKER } from "./instance.mjs";
import { microsPerCall } from "./timing.mjs";

const DATE = "2026-01-20";
const OTHER = `import { WorkerEntrypoint } from "cloudflare:workers";
  export default class extends WorkerEntrypoint { add(a, b) { return a + b; } }`;
const MAIN = `import { DurableObject } from "cloudflare:workers";
  export class Adder extends DurableObject { add(a, b) { return a + b; } }
  export default {
    async fetch(request, env) {
      const stub = request.url.endsWith("/object") ? env.ADDER.get(env.ADDER.idFromName("a")) : env.OTHER;
      let sum = 0;
      for (let i = 0; i < 100; i++) sum = await stub.add(sum, 1);
      return new Response(String(sum));
    },
  };`;

/** How many calls a request makes. */
const CALLS = 100;

/** What scenarios leave out: Miniflare 2 knows no RPC. */
export const leftOut = { m2: "no RPC" };

/** Gives `use` an instance of two workers; Miniflare 4 takes a list of workers where this package takes mounts. */
export async function withCallers(Miniflare, use) {
  const main = {
    name: "main",
    modules: true,
    compatibilityDate: DATE,
    script: MAIN,
    serviceBindings: { OTHER: "other" },
    durableObjects: { ADDER: "Adder" },
  };
  const other = { modules: true, compatibilityDate: DATE, script: OTHER };
  const takesMounts = "getMount" in Miniflare.prototype;
  const workers = [main, { ...other, name: "other" }];
  const mf = new Miniflare(takesMounts ? { ...main, mounts: { other } } : { workers });
  try {
    return await use(mf);
  } finally {
    await mf.dispose();
  }
}

/** Microseconds per call that a worker makes. */
export async function microsPerRpc(mf, path) {
  const request = () => ask(mf, String(CALLS), `${URL_OF_WORKER}${path}`);
  return (await microsPerCall(request, { warmUp: 100, calls: 1000 })) / CALLS;
}
