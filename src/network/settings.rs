//! What an instance's client is made with: Node says it, at the first fetch of a worker.

use std::time::Duration;

#[derive(Clone, PartialEq)]
pub struct Settings {
    /// Certificates to trust besides the well-known authorities, as PEM.
    pub authorities: String,
    /// Whether certificates are verified at all.
    pub verify: bool,
    pub proxies: Proxies,
    /// How long a server may say nothing.
    pub silence: Duration,
}

/// Proxies as the environment names them; empty for none.
#[derive(Clone, PartialEq)]
pub struct Proxies {
    pub all: String,
    pub http: String,
    pub https: String,
    pub no: String,
}
