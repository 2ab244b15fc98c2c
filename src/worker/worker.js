// The one worker of this realm: its handlers, its bindings, and its Durable Objects. Filled when the script has run.

export const worker = {
  /** The default export of a module worker; undefined in a service worker. */
  handlers: undefined,
  /** What module handlers get as `env`. */
  env: {},
  /** The entry module's namespace; empty for a service worker. */
  exports: {},
  /** Dispatches to Durable Objects: `fetch(binding, id, request)`. */
  objects: undefined,
};
