// A module worker: its default export handles the request, and the answer comes back from `dispatchFetch`.
import { Miniflare } from "miniflare-rs";

const mf = new Miniflare({
  modules: true,
  script: `
    export default {
      async fetch(request, env, ctx) {
        return new Response("Hello from " + new URL(request.url).pathname);
      }
    }
  `,
});

const res = await mf.dispatchFetch("http://localhost:8787/worker");
console.log(res.status, await res.text()); // 200 Hello from /worker

await mf.dispose();
