// What the worker's modules use of `chunks.ts`.

export { bytesOfChunk } from "ext:miniflare/web/chunks.ts";
