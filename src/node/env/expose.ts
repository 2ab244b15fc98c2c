// Globals of a test file. As accessors, since Jest takes apart, when the file is done, every object that became a global as
// a value: of what is exposed here, some is the process's own, and some cannot be asked for anything any more by then.

/** Where undici, and Node's own copy of it, keep the dispatcher of all requests: a mock looks there for the network. */
const DISPATCHER = Symbol.for("undici.globalDispatcher.1");

/** Properties that have a getter are made by it when somebody looks. */
function expose(target, globals) {
  const properties = Object.getOwnPropertyDescriptors(globals);
  for (const [name, property] of Object.entries(properties)) define(target, name, property);
  define(target, "self", { value: target, enumerable: true });
  Object.defineProperty(target, DISPATCHER, { configurable: true, get: () => globalThis[DISPATCHER] });
}

function define(target, name, { get, value, enumerable }) {
  let current = get ?? (() => value);
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable,
    get: () => current(),
    set: (next) => {
      current = () => next;
    },
  });
}

export { expose };
