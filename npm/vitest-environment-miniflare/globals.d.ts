// The globals of the Vitest environment: those of miniflare-rs.

import "miniflare-rs/vitest/globals";
