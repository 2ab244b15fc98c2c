// What the worker's modules use of `chunks.js`.

import { core } from "ext:core/mod.js";

export const { bytesOfChunk } = core.loadExtScript("ext:miniflare/web/chunks.js");
