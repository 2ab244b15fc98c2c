// Which checks of a type hold between Node and a worker: a worker has classes of its own, so an error it throws is an
// `Error` in the worker. Passing Node's `Error` as a global makes it one outside too, in every instance.
import { Miniflare } from "miniflare-rs";

const checks = new Miniflare({
  modules: true,
  bindings: {
    OBJECT: { a: 1 },
    ARRAY: new Uint8Array([1, 2, 3]),
  },
  script: `
    export default {
      async fetch(request, env, ctx) {
        console.log("literal instanceof Object:", { a: 1 } instanceof Object); // true
        console.log("typed array instanceof Object:", new Uint8Array([1, 2, 3]) instanceof Object); // true
        console.log("literal.constructor === Object:", { a: 1 }.constructor === Object); // true
        console.log("prototype of a literal:", Object.getPrototypeOf({ a: 1 }) === Object.prototype); // true
        console.log("binding instanceof Object:", env.OBJECT instanceof Object); // true
        console.log("typed array binding instanceof Object:", env.ARRAY instanceof Object); // true
        // Plain data becomes the worker's own: these two are false in Miniflare 2.
        console.log("binding.constructor === Object:", env.OBJECT.constructor === Object); // true
        console.log("prototype of a binding:", Object.getPrototypeOf(env.OBJECT) === Object.prototype); // true
        throw new Error("oops!");
      }
    }
  `,
});
try {
  await checks.dispatchFetch("http://localhost");
} catch (e) {
  console.log(`outside, ${e.message} instanceof Error:`, e instanceof Error); // true; false in Miniflare 2
}
await checks.dispose();

for (const attempt of ["first", "second"]) {
  const mf = new Miniflare({
    globals: { Error },
    modules: true,
    script: `
      export default {
        async fetch(request, env, ctx) {
          throw new Error("oops!");
        }
      }
    `,
  });
  try {
    await mf.dispatchFetch("http://localhost");
  } catch (e) {
    console.log(`with globals: { Error }, ${attempt} instance:`, e instanceof Error); // true
  }
  await mf.dispose();
}
