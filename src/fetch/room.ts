// `fetch` to servers, as a worker has it.

import "ext:miniflare/fetch/fetch-context.ts";
import { fetch } from "ext:miniflare/fetch/fetch.ts";

export const room = { name: "fetch", functions: { fetch } };
