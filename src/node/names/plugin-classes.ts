// The plugins of Miniflare 2, as `MiniflareCore` takes them: by their names. What they did an instance does by itself.

import { optionsOfPlugins } from "../options/plugins.ts";

function pluginOf(name: string) {
  const Plugin = class {
    constructor() {
      throw new TypeError(`${name} is only a name that MiniflareCore takes: give its options to new Miniflare()`);
    }
  };
  return Object.defineProperty(Plugin, "name", { value: name });
}

export const {
  BindingsPlugin,
  BuildPlugin,
  CachePlugin,
  CorePlugin,
  D1Plugin,
  DurableObjectsPlugin,
  HTMLRewriterPlugin,
  HTTPPlugin,
  KVPlugin,
  QueuesPlugin,
  R2Plugin,
  SitesPlugin,
  WebSocketPlugin,
} = Object.fromEntries(Object.keys(optionsOfPlugins()).map((name) => [name, pluginOf(name)]));
