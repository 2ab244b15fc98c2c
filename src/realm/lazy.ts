// First of all modules, so that no script of upstream's loads a lazy one.

export {
  complete,
  CONSOLE,
  define,
  FORM_DATA,
  load,
  make,
  onLoad,
  STREAMS,
  stub,
  stubOf,
} from "ext:miniflare/realm/lazy-scripts.ts";
