// First of all modules, so that no script of upstream's loads a lazy one.

import { core } from "ext:core/mod.js";

export const {
  CACHE,
  complete,
  CONSOLE,
  define,
  DURABLE,
  DURABLE_OBJECTS,
  FORM_DATA,
  KV,
  load,
  make,
  onLoad,
  STREAMS,
  understudyOf,
} = core.loadExtScript("ext:miniflare/realm/lazy-scripts.js");
