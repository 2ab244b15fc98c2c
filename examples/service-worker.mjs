// A service worker: listeners on the global scope, and bindings as global variables.
import { Miniflare } from "miniflare-rs";

const mf = new Miniflare({
  bindings: { GREETING: "Hello" },
  script: `
    addEventListener("fetch", (event) => {
      const name = new URL(event.request.url).searchParams.get("name");
      event.waitUntil(Promise.resolve(name.length));
      event.respondWith(new Response(GREETING + " " + name));
    });
  `,
});

const res = await mf.dispatchFetch("http://localhost:8787/?name=Ada");
console.log(await res.text()); // Hello Ada
console.log(await res.waitUntil()); // [ 3 ]

await mf.dispose();
