// First of all modules, so that no script of upstream's loads a lazy one.

import { core } from "ext:core/mod.js";

export const { complete, CONSOLE, define, FORM_DATA, load, make, onLoad, STREAMS, stub, stubOf } = core.loadExtScript(
  "ext:miniflare/realm/lazy-scripts.js",
);
