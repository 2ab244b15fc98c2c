// The Jest environment "miniflare": that of miniflare-rs.

import environment = require("miniflare-rs/jest");

export = environment;
