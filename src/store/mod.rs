//! Floor 3: bytes at rest. Knows neither V8 nor Node.

pub mod rocks;
