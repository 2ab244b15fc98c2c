// What the worker's modules use of `chunks.js`.

export { bytesOfChunk } from "ext:miniflare/web/chunks.js";
