// `miniflare-rs/shared`: what the packages of Miniflare 2 had in common.

import { MiniflareError } from "../errors.ts";
import { Log, LogLevel, NoOpLog } from "../log/log.ts";

export { Log, LogLevel, MiniflareError, NoOpLog };
