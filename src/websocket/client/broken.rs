//! Why a client gives a connection up: what the server sent is against the protocol, or too much.

use std::fmt::Display;

/// The code of the close frame that the server gets, and a reason for it and for the worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    pub code: u16,
    pub reason: String,
}

const PROTOCOL_ERROR: u16 = 1002;
const INVALID_DATA: u16 = 1007;
const TOO_BIG: u16 = 1009;

impl Broken {
    fn new(code: u16, reason: impl Display) -> Broken {
        Broken {
            code,
            reason: reason.to_string(),
        }
    }

    pub fn protocol(reason: impl Display) -> Broken {
        Broken::new(PROTOCOL_ERROR, reason)
    }

    pub fn data(reason: impl Display) -> Broken {
        Broken::new(INVALID_DATA, reason)
    }

    pub fn too_big(limit: usize) -> Broken {
        Broken::new(TOO_BIG, format!("the message is longer than {limit} bytes"))
    }
}
