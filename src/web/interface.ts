// Upstream's interfaces, extended. Every object of an interface has upstream's prototype, however it was made: members
// go there, and a constructor of ours takes that prototype over, so that `instanceof` and `constructor` stay true.

/** Adds the members of an object literal to an interface, with the attributes that Web IDL gives them. */
export function extend(target, members) {
  const descriptors = Object.getOwnPropertyDescriptors(members);
  for (const name of Reflect.ownKeys(descriptors)) {
    Object.defineProperty(target, name, { ...descriptors[name], enumerable: true, configurable: true });
  }
}

/** Makes `face` the constructor that an interface shows. What upstream's has beyond `statics` stays out of sight. */
export function takeOver(face, upstream, statics = []) {
  const { prototype, name } = upstream;
  for (const key of statics) Object.defineProperty(face, key, Object.getOwnPropertyDescriptor(upstream, key));
  Object.defineProperty(face, "name", { value: name, configurable: true });
  Object.defineProperty(face, "prototype", { value: prototype, writable: false });
  Object.defineProperty(prototype, "constructor", { value: face, writable: true, configurable: true });
  return face;
}

/** Gives a class that both realms share the name that it has in Workers, which only the platform makes objects of. */
export function appearAs(name, Class) {
  Object.defineProperty(Class, "name", { value: name, configurable: true });
}

/** The constructor of an interface that only the platform makes objects of. */
export function unconstructible(upstream) {
  function Face() {
    throw new TypeError("Illegal constructor");
  }
  return takeOver(Face, upstream);
}
