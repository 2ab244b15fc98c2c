"use strict";
// The plugins of Miniflare 2, as `MiniflareCore` takes them: by their names. What they did an instance does by itself.

const { optionsOfPlugins } = require("../options/plugins.js");

function pluginOf(name) {
  const Plugin = class {
    constructor() {
      throw new TypeError(`${name} is only a name that MiniflareCore takes: give its options to new Miniflare()`);
    }
  };
  return Object.defineProperty(Plugin, "name", { value: name });
}

module.exports = Object.fromEntries(Object.keys(optionsOfPlugins()).map((name) => [name, pluginOf(name)]));
