// A worker with one Durable Object class, for specs about ids, state and storage.

import { create } from "./miniflare.mjs";

/** A worker whose object runs `body` with the state's storage at hand and answers with what it returns. */
export const objectScript = (body) => `
export class Box {
  constructor(state, env) { this.state = state; this.env = env; this.made = true; }
  async fetch(request) {
    const { state, env, state: { storage } } = this;
    const value = await (async () => { ${body}\n })();
    return Response.json(value === undefined ? null : value);
  }
}
export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("name")).fetch(request) };`;

/** An instance that passes every request to one object running `body`. */
export const withObject = (t, body, options = {}) =>
  create(t, { durableObjects: { BOX: "Box" }, script: objectScript(body), ...options });
