// The way of a request to a server (`room.ts`): a lazy script of its own, made of the modules that only this one imports.
export { fetch } from "ext:miniflare/fetch/fetch.ts";
