// A worker that keeps values in a Durable Object, for specs about where they end up.

import { create } from "./miniflare.mjs";
import { json } from "./dispatch.mjs";

/** `/put?key=value&...` puts all entries at once; `/get` gives them all; each names its object by `?object=`. */
export const KEEPER = `
export class Keeper {
  constructor(state) { this.storage = state.storage; }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    searchParams.delete("object");
    if (pathname === "/put") await this.storage.put(Object.fromEntries(searchParams));
    return Response.json(Object.fromEntries(await this.storage.list()));
  }
}
export default { fetch(request, env) {
  const name = new URL(request.url).searchParams.get("object") ?? "a";
  return env.KEEPER.get(env.KEEPER.idFromName(name)).fetch(request);
} };`;

export const keeperOptions = (options) => ({
  script: KEEPER,
  modules: true,
  durableObjects: { KEEPER: "Keeper" },
  ...options,
});

/** An instance with that worker. */
export const keeper = (t, options) => create(t, keeperOptions(options));

export const put = (mf, entries) => json(mf, `http://localhost/put?${new URLSearchParams(entries)}`);
export const get = (mf) => json(mf, "http://localhost/get");
