// The namespace of a site: a KV namespace whose keys are paths of files, and that cannot be written. Keys may come with a
// prefix, by which caches know the files of a site: then the rest is encoded.

import type * as miniflare from "../../index.d.ts";
import type { KVNamespace as Namespace, KVBackend } from "../kv/kv-namespace.ts";

/** A glob, with the source and the flags of its regular expression. */
export type Glob = [glob: string, source: string, flags: string];

/** Globs of what matches, and of what does not all the same. */
export interface Globs {
  wanted: Glob[];
  ignored: Glob[];
}

/** A folder, JSON of its manifest, and which of its files can be read. */
export interface Site {
  root: string;
  manifest: string;
  include: Globs | null;
  exclude: Globs | null;
}

type Matcher = (path: string) => boolean;

const PREFIX = "$__MINIFLARE_SITES__$/";

function pathOf(key: unknown): string {
  // What Miniflare 2 says, which takes every key for a text.
  if (typeof key !== "string") throw new TypeError("key.startsWith is not a function");
  return key.startsWith(PREFIX) ? decodeURIComponent(key.slice(PREFIX.length)) : key;
}

const keyOf = (path: string) => PREFIX + encodeURIComponent(path);

function matcherOf({ wanted, ignored }: Globs): Matcher {
  const compiled = (globs: Glob[]) =>
    globs.map(([glob, source, flags]): [string, RegExp] => [glob, new RegExp(source, flags)]);
  const [some, none] = [compiled(wanted), compiled(ignored)];
  const matches = (globs: [string, RegExp][], path: string) =>
    globs.some(([glob, pattern]) => glob === path || pattern.test(path));
  return (path) => matches(some, path) && !matches(none, path);
}

/** Which paths can be read: those that match `include`, or, without it, those that do not match `exclude`. */
function filterOf({ include, exclude }: Site): Matcher {
  if (include) return matcherOf(include);
  const isExcluded = exclude ? matcherOf(exclude) : () => false;
  return (path) => !isExcluded(path);
}

/** What a list takes and gives. */
type List = Parameters<Namespace["list"]>[0];

/** Makes the class, over that of KV namespaces. */
function createClass(KVNamespace: typeof Namespace) {
  return class SiteNamespace extends KVNamespace {
    #includes: Matcher;

    /** @param backend as a KV namespace has one; the name that it is asked by is the folder */
    constructor(backend: KVBackend, site: Site) {
      super(site.root, backend);
      this.#includes = filterOf(site);
    }

    override async get(key: string, options?: unknown): Promise<never> {
      const path = pathOf(key);
      return (this.#includes(path) ? await super.get(path, options as never) : null) as never;
    }

    override async getWithMetadata(key: string, options?: unknown): Promise<never> {
      const path = pathOf(key);
      const none = { value: null, metadata: null };
      return (this.#includes(path) ? await super.getWithMetadata(path, options as never) : none) as never;
    }

    override async put() {
      throw new TypeError("Unable to put into read-only namespace");
    }

    override async delete() {
      throw new TypeError("Unable to delete from read-only namespace");
    }

    override async list<Metadata = unknown>(options?: List): Promise<miniflare.KVListResult<Metadata>> {
      const { keys, ...page } = await super.list<Metadata>(options);
      const included = keys.filter(({ name }) => this.#includes(name));
      return { keys: included.map((key) => ({ ...key, name: keyOf(key.name) })), ...page };
    }
  };
}

export { createClass };
