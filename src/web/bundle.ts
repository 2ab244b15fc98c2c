// What few workers use of keys and of WebAssembly: a lazy script of its own, made of the modules that only this one imports.
export { recordSubtle } from "ext:miniflare/web/recorded-subtle.ts";
export { checkJwk, readJwk } from "ext:miniflare/web/jwk.ts";
export { explain, feedCompiler } from "ext:miniflare/web/wasm.ts";
