// Bindings and globals: data is copied into the worker, functions and objects are live on both sides.
import { Miniflare } from "miniflare-rs";

const visits = [];
const mf = new Miniflare({
  modules: true,
  bindings: {
    CONFIG: { name: "worker", limits: [1, 2] },
    KEY: new Uint8Array([1, 2, 3]),
    remember: (url) => visits.push(url),
  },
  globals: { VERSION: "1.0.0" },
  script: `
    export default {
      async fetch(request, env) {
        const count = env.remember(request.url);
        return Response.json({ count, version: VERSION, name: env.CONFIG.name, key: env.KEY[2] });
      }
    }
  `,
});

const res = await mf.dispatchFetch("http://localhost:8787/a");
console.log(await res.json()); // { count: 1, version: '1.0.0', name: 'worker', key: 3 }
console.log(visits); // [ 'http://localhost:8787/a' ]

const bindings = await mf.getBindings();
console.log(bindings.CONFIG.name); // worker

await mf.dispose();
