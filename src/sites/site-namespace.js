// The namespace of a site: a KV namespace whose keys are paths of files, and that cannot be written. Keys may come with a
// prefix, by which caches know the files of a site: then the rest is encoded.
(() => {
  "use strict";

  const PREFIX = "$__MINIFLARE_SITES__$/";

  function pathOf(key) {
    // What Miniflare 2 says, which takes every key for a text.
    if (typeof key !== "string") throw new TypeError("key.startsWith is not a function");
    return key.startsWith(PREFIX) ? decodeURIComponent(key.slice(PREFIX.length)) : key;
  }

  const keyOf = (path) => PREFIX + encodeURIComponent(path);

  /** Whether a path matches globs, `{ wanted, ignored }`: lists of `[glob, source, flags]` of regular expressions. */
  function matcherOf({ wanted, ignored }) {
    const compiled = (globs) => globs.map(([glob, source, flags]) => [glob, new RegExp(source, flags)]);
    const [some, none] = [compiled(wanted), compiled(ignored)];
    const matches = (globs, path) => globs.some(([glob, pattern]) => glob === path || pattern.test(path));
    return (path) => matches(some, path) && !matches(none, path);
  }

  /** Which paths can be read: those that match `include`, or, without it, those that do not match `exclude`. */
  function filterOf({ include, exclude }) {
    if (include) return matcherOf(include);
    const isExcluded = exclude ? matcherOf(exclude) : () => false;
    return (path) => !isExcluded(path);
  }

  /** Makes the class, over that of KV namespaces. */
  function createClass(KVNamespace) {
    return class SiteNamespace extends KVNamespace {
      #includes;

      /**
       * @param backend as a KV namespace has one; the name that it is asked by is the folder
       * @param site `{ root, include, exclude }`
       */
      constructor(backend, site) {
        super(site.root, backend);
        this.#includes = filterOf(site);
      }

      async get(key, options) {
        const path = pathOf(key);
        return this.#includes(path) ? super.get(path, options) : null;
      }

      async getWithMetadata(key, options) {
        const path = pathOf(key);
        return this.#includes(path) ? super.getWithMetadata(path, options) : { value: null, metadata: null };
      }

      async put() {
        throw new TypeError("Unable to put into read-only namespace");
      }

      async delete() {
        throw new TypeError("Unable to delete from read-only namespace");
      }

      async list(options) {
        const { keys, ...page } = await super.list(options);
        const included = keys.filter(({ name }) => this.#includes(name));
        return { keys: included.map((key) => ({ ...key, name: keyOf(key.name) })), ...page };
      }
    };
  }

  const exported = { createClass };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
