// Globals of a test file. As accessors, since Jest takes apart, when the file is done, every object that became a global as
// a value: of what is exposed here, some is the process's own, and some cannot be asked for anything any more by then.

/** Where undici, and Node's own copy of it, keep the dispatcher of all requests: a mock looks there for the network. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

/**
 * Properties that have a getter are made by it when somebody looks.
 * @param context the object of the context whose global scope `target` is: what is found in it is a global at once; but only
 *   what is defined as one is listed without being enumerable
 */
function expose(target: object, context: object, globals: object) {
  const properties: Record<string, PropertyDescriptor> = Object.getOwnPropertyDescriptors(globals);
  for (const [name, property] of Object.entries(properties)) {
    define(property.enumerable ? context : target, name, property);
  }
  define(target, "self", { value: target, enumerable: true });
  Object.defineProperty(target, DISPATCHER, { configurable: true, get: () => Reflect.get(globalThis, DISPATCHER) });
}

function define(target: object, name: string, { get, value, enumerable }: PropertyDescriptor) {
  let current: () => unknown = get ?? (() => value);
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable,
    get: () => current(),
    set: (next: unknown) => {
      current = () => next;
    },
  });
}

export { expose };
