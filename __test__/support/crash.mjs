// A process that writes until it is ended, and prints what it was told is safe, one JSON line each, as soon as it is told.
// Its one argument is `{ data, durability, first, end, after }`: the folder, the number to go on from, and how it ends itself so
// many milliseconds after it was first told of something, unless it is ended from outside.

import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Miniflare } from "./miniflare.mjs";

/** Alarms lie so far off that none is due; the number is added, in milliseconds. */
const FAR = 8e12;
/** So many values of a burst, of so many bytes, are more than any buffer on the way to the disk. */
const BURST = 24;
const BURST_BYTES = 60_000;

/**
 * `/write?kind=&number=` writes one number in one of eight ways. To an object: put and answered; put and synced, which is
 * told by the binding `told`; put under many keys, one call each, without waiting for any; moved from one key to another
 * in a transaction; put under a key of its own, with the one before deleted; set as the alarm, with a note of it. And to a
 * key-value namespace, and a cache. Two more ways are from outside of the worker.
 */
export const LEDGER = {
  modules: true,
  durableObjects: { LEDGER: "Ledger" },
  kvNamespaces: ["KV"],
  script: `
const FAR = ${FAR};
export class Ledger {
  constructor(state, env) { this.storage = state.storage; this.env = env; }

  alarm() {}

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/read") return Response.json(await this.read());
    const number = Number(searchParams.get("number"));
    await this[searchParams.get("kind")](number);
    return new Response("written");
  }

  async put(number) {
    this.storage.put({ put: number, ["key" + String(number).padStart(8, "0")]: "x".repeat(200) });
  }

  async sync(number) {
    this.storage.put("sync", number);
    await this.storage.sync();
    this.env.told({ kind: "sync", number });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async burst(number) {
    const fill = "x".repeat(${BURST_BYTES});
    for (let index = 0; index < ${BURST}; index++) this.storage.put("burst" + index, { number, fill });
  }

  transfer(number) {
    return this.storage.transaction(async (txn) => {
      txn.put("left", number);
      await txn.get("right");
      txn.put("right", -number);
    });
  }

  async replace(number) {
    const before = [...(await this.storage.list({ prefix: "only" })).keys()];
    this.storage.put("only" + number, number);
    this.storage.delete(before);
  }

  setAlarm(number) {
    return this.storage.transaction(async (txn) => {
      txn.put("alarmNote", number);
      txn.setAlarm(FAR + number);
    });
  }

  async read() {
    const read = async (key) => (await this.storage.get(key)) ?? 0;
    const keys = [...(await this.storage.list({ prefix: "key" })).keys()];
    const burst = [...(await this.storage.list({ prefix: "burst" })).values()].map(({ number }) => number);
    const only = [...(await this.storage.list({ prefix: "only" })).values()];
    const time = await this.storage.getAlarm();
    return {
      put: await read("put"), keys: Number(keys.at(-1)?.slice(3) ?? 0), count: keys.length,
      sync: await read("sync"), burst: burst[0] ?? 0, burstNumbers: [...new Set(burst)], left: await read("left"), right: await read("right"),
      replace: only[0] ?? 0, only: only.length, outside: await read("outside"),
      alarm: time === null ? 0 : time - FAR, alarmNote: await read("alarmNote"),
    };
  }
}
const shared = {
  kv: (env, number) => env.KV.put("kv", String(number)),
  cache: (env, number) =>
    caches.default.put("http://cache/", new Response(String(number), { headers: { "cache-control": "max-age=36000" } })),
};
export default { async fetch(request, env) {
  const { pathname, searchParams } = new URL(request.url);
  const write = shared[searchParams.get("kind")];
  if (write) {
    await write(env, Number(searchParams.get("number")));
    return new Response("written");
  }
  const response = await env.LEDGER.get(env.LEDGER.idFromName("a")).fetch(request);
  if (pathname !== "/read") return response;
  const cached = await caches.default.match("http://cache/");
  const numbers = [await env.KV.get("kv"), await env.KV.get("kvOutside"), await cached?.text()].map(Number);
  const [kv, kvOutside, cache] = numbers.map((number) => number || 0);
  return Response.json({ ...(await response.json()), kv, kvOutside, cache });
} };`,
};

/** Where a ledger is kept. */
export const placesOf = (data) => ({ durableObjectsPersist: data, kvPersist: data, cachePersist: data });

const KINDS = ["put", "sync", "burst", "transfer", "replace", "setAlarm", "kv", "cache"];

const tell = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

const END = {
  exit: () => process.exit(7),
  throw() {
    throw new Error("the end");
  },
  abort: () => process.abort(),
};

async function write({ data, durability, first, end, after }) {
  const mf = new Miniflare({ ...LEDGER, ...placesOf(data), durability, bindings: { told: tell } });
  const ledgers = await mf.getDurableObjectNamespace("LEDGER");
  const [kv, storage] = [await mf.getKVNamespace("KV"), await mf.getDurableObjectStorage(ledgers.idFromName("a"))];
  const dispatch = (kind) => (number) => mf.dispatchFetch(`http://localhost/write?kind=${kind}&number=${number}`);
  const writers = {
    ...Object.fromEntries(KINDS.map((kind) => [kind, dispatch(kind)])),
    outside: (number) => storage.put("outside", number),
    kvOutside: (number) => kv.put("kvOutside", String(number)),
  };
  for (let number = first; ; number++) {
    await Promise.all(
      Object.entries(writers).map(async ([kind, write]) => {
        await write(number);
        tell({ kind, number });
      }),
    );
    if (end !== undefined && number === first) setTimeout(END[end], after);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await write(JSON.parse(process.argv.at(-1)));
