// Proxies over what belongs to the code that runs: `env` and `exports` of `cloudflare:workers`. They are other objects than those
// that handlers get, but what is changed in one, the other shows.

type Members = Record<PropertyKey, unknown>;

/** A proxy over nothing, so that no property of its target stands in the way of what `current` returns. */
export const proxyOver = (current: () => Members) =>
  new Proxy({} as Members, {
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
