// The Vitest environment "miniflare": that of miniflare-rs.

import environment = require("miniflare-rs/vitest");

export = environment;
