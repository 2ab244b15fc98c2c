// The global scope of a test, around that of its environment's worker: a name that this realm has not is looked for there.
// Each such look is a call to Node; names that are here cost nothing more, and without a test around it nothing is in place.

import { ServiceWorkerGlobalScope, WorkerGlobalScope } from "ext:miniflare/web/events.ts";

/**
 * Looks for globals that this realm has not in another scope.
 * @param has whether the other scope has a name, and `get` what it stands for there at the time
 */
export function lookFurther(has: (name: string) => boolean, get: (name: string) => unknown) {
  // At the end of the interfaces that nothing but the global object has. What it inherits stays an instance of both.
  const inherited = Object.create(WorkerGlobalScope.prototype);
  const isOutside = (key: string | symbol): key is string => typeof key === "string" && !(key in inherited);
  const around = new Proxy(inherited, {
    has: (_, key) => key in inherited || (isOutside(key) && has(key)),
    get: (_, key, receiver) => (isOutside(key) ? found(key) : Reflect.get(inherited, key, receiver)),
  });
  const found = (key: string) => (has(key) ? get(key) : undefined);
  Object.setPrototypeOf(ServiceWorkerGlobalScope.prototype, around);
}
