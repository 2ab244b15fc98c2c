// The one worker of this realm: its handlers and its bindings. Filled when the script has run.

export const worker = {
  /** The default export of a module worker; undefined in a service worker. */
  handlers: undefined,
  /** What module handlers get as `env`. */
  env: {},
  /** The entry module's namespace; empty for a service worker. */
  exports: {},
  /** The compatibility flags that are enabled. */
  flags: new Set(),
  /** Whether requests that are not answered here go on to their server: whether there is an upstream. */
  proxies: false,
};
