// The globals of the Jest environment: those of miniflare-rs.

import "miniflare-rs/jest/globals";
