//! Floor 3: bytes at rest. Knows neither V8 nor Node.

pub mod memory;
pub mod range;
pub mod rocks;
