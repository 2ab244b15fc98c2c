// Upstream's interfaces, extended. Every object of an interface has upstream's prototype, however it was made: members
// go there, and a constructor of ours takes that prototype over, so that `instanceof` and `constructor` stay true.

/** Adds the members of an object literal to an interface, with the attributes that Web IDL gives them. */
export function extend(target: object, members: object) {
  const descriptors: Record<string, PropertyDescriptor> = Object.getOwnPropertyDescriptors(members);
  for (const name of Reflect.ownKeys(descriptors)) {
    Object.defineProperty(target, name, { ...descriptors[name as string], enumerable: true, configurable: true });
  }
}

/** A class, or a function that constructs. */
interface Named {
  readonly prototype: object;
  readonly name: string;
}

/** Makes `face` the constructor that an interface shows. What upstream's has beyond `statics` stays out of sight. */
export function takeOver<Face>(face: Face, upstream: Named, statics: readonly string[] = []): Face {
  const { prototype, name } = upstream;
  for (const key of statics)
    Object.defineProperty(face, key, Object.getOwnPropertyDescriptor(upstream, key) as PropertyDescriptor);
  Object.defineProperty(face, "name", { value: name, configurable: true });
  Object.defineProperty(face, "prototype", { value: prototype, writable: false });
  Object.defineProperty(prototype, "constructor", { value: face, writable: true, configurable: true });
  return face;
}

/** Gives a class that both realms share the name that it has in Workers, which only the platform makes objects of. */
export function appearAs(name: string, Class: object) {
  Object.defineProperty(Class, "name", { value: name, configurable: true });
}

/** The constructor of an interface that only the platform makes objects of. */
export function unconstructible<Upstream extends Named>(upstream: Upstream): Upstream {
  function Face() {
    throw new TypeError("Illegal constructor");
  }
  return takeOver(Face as unknown as Upstream, upstream);
}
