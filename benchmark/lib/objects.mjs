// Ten thousand Durable Objects that live at once, and the requests that reach them.
import { COUNTER } from "./counter.mjs";
import { open, URL_OF_WORKER } from "./instance.mjs";

export const OBJECTS = 10_000;

/** Who is not measured with as many, and why. */
export const leftOut = { m4: "left out: does not end" };

/** An instance, and `fetch(index)`, which asks one of its objects from outside the worker. */
export async function openObjects(Miniflare) {
  const mf = open(Miniflare, COUNTER);
  const namespace = await mf.getDurableObjectNamespace("COUNTER");
  const stub = (index) => namespace.get(namespace.idFromName(String(index)));
  return { mf, fetch: async (index) => (await stub(index).fetch(URL_OF_WORKER)).text() };
}
