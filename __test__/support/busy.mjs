// A process full of life, for the specs about its end: instances with requests that wait, timers, streams, objects,
// calls into the host. Its one argument is the moment of its end, as JSON: { after: milliseconds, by: way, persist: folder }.

import { Miniflare } from "./miniflare.mjs";

const { after, by, persist } = JSON.parse(process.argv.at(-1));

const ways = {
  exit: () => process.exit(7),
  "exit in a promise": () => Promise.resolve().then(() => process.exit(7)),
  "an uncaught error": () => {
    throw new Error("uncaught");
  },
  "a signal": () => process.kill(process.pid, "SIGTERM"),
  reallyExit: () => process.reallyExit(7),
};

const script = `
export class Box {
  constructor(state) { this.storage = state.storage; }
  async fetch() { await this.storage.put("n", (await this.storage.get("n") ?? 0) + 1); return new Response("stored"); }
}
export default { async fetch(request, env, ctx) {
  const { pathname } = new URL(request.url);
  if (pathname === "/never") return new Promise(() => {});
  if (pathname === "/timer") return new Promise((resolve) => setInterval(() => env.tick(), 1));
  if (pathname === "/host") return new Response(await env.answer(() => env.tick()));
  if (pathname === "/stream") return new Response(new ReadableStream({
    pull(controller) { controller.enqueue(new Uint8Array(1024)); }
  }));
  if (pathname === "/box") return env.BOX.get(env.BOX.idFromName("a")).fetch(request);
  ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1000)));
  return new Response(await request.text());
} }`;

const bindings = {
  tick: () => by === "exit in the worker's call" && performance.now() - start > after && process.exit(7),
  answer: async (callback) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    callback();
    return "answered";
  },
};

async function live(mf) {
  const ask = (path, init) => mf.dispatchFetch(`http://localhost/${path}`, init);
  for (const path of ["never", "timer", "timer"]) ask(path).catch(() => {});
  const { body } = await ask("stream");
  const reader = body.getReader();
  for (;;) {
    await Promise.all([ask("host"), ask("box"), ask("echo", { method: "POST", body: "body" }), reader.read()]);
    if (Math.random() < 0.1) await mf.reload();
  }
}

const start = performance.now();
if (ways[by]) setTimeout(ways[by], after);
const instances = Array.from(
  { length: 3 },
  () =>
    new Miniflare({ modules: true, script, bindings, durableObjects: { BOX: "Box" }, durableObjectsPersist: persist }),
);
for (const mf of instances) live(mf).catch(() => {});
for (const mf of instances.slice(1)) setTimeout(() => mf.dispose().catch(() => {}), after / 2);
