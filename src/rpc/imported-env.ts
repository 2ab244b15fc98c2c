// `env` of `cloudflare:workers`: the bindings of the code that runs. It is another object than the one that handlers get, but
// what is changed in one, the other shows.

import { worker } from "ext:miniflare/realm/worker.ts";

const current = () => worker.env;

/** A proxy over nothing, so that no property of its target stands in the way of what the bindings have. */
export const importedEnv = new Proxy({} as Record<PropertyKey, unknown>, {
  get: (_, name) => Reflect.get(current(), name),
  set: (_, name, value) => Reflect.set(current(), name, value),
  has: (_, name) => Reflect.has(current(), name),
  deleteProperty: (_, name) => Reflect.deleteProperty(current(), name),
  ownKeys: () => Reflect.ownKeys(current()),
  defineProperty: (_, name, descriptor) =>
    Reflect.defineProperty(current(), name, { ...descriptor, configurable: true }),
  getOwnPropertyDescriptor(_, name) {
    const descriptor = Reflect.getOwnPropertyDescriptor(current(), name);
    return descriptor && { ...descriptor, configurable: true };
  },
});
