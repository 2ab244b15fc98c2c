// `fetch` to servers, as a worker has it.

import "ext:miniflare/fetch/fetch-context.js";
import { fetch } from "ext:miniflare/fetch/fetch.js";

export const room = { name: "fetch", functions: { fetch } };
