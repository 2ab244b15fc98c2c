//! The limits of caches, with their units and where they come from.

/// Code units that the name of a cache may have, as in Miniflare 2.
pub const CACHE_NAME_LENGTH: usize = 1024;

/// Ranges of a cached body that are together longer than it by this factor are answered with the whole of it.
pub const CACHE_RANGES_FACTOR: usize = 2;
