// The one worker of this realm: its handlers and its bindings. Filled when the script has run.

/** An exported object or class with handlers, as a script may write it. */
export type Handlers = Record<string, unknown>;

/** What holds for the worker, until its script has run and from then on. */
interface Worker {
  handlers: Handlers | undefined;
  env: Record<string, unknown>;
  exports: Record<string, unknown>;
  flags: Set<string>;
  proxies: boolean;
  isEntrypoint(exported: unknown): boolean;
  namespaceOf?(className: string): unknown;
  /** What contexts have as `exports`, if a compatibility flag says so. */
  ownExports(): object | undefined;
}

export const worker: Worker = {
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
  /** Whether an export is a class of events, constructed for each: so once the script has imported its base class. */
  isEntrypoint: () => false,
  ownExports: () => undefined,
};
