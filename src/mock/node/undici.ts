// `request` and `stream` of undici, in the version that Miniflare 2 has: they know a dispatcher by its `dispatch` alone.

import request from "undici/lib/api/api-request.js";
import stream from "undici/lib/api/api-stream.js";

export { request, stream };
