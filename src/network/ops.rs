//! The op that gives a worker its client.

use std::rc::Rc;
use std::time::Duration;

use deno_core::{OpState, op2};
use deno_error::JsErrorBox;

use super::client::{Client, Outbound};
use super::settings::{Proxies, Settings};
use crate::realm::instance::Instance;

/// Gives the worker its client: `authorities` is PEM, `proxies` are lines in the order of [`Proxies`].
#[op2(fast)]
pub fn op_outbound_configure(
    state: &mut OpState,
    #[string] authorities: String,
    verify: bool,
    #[string] proxies: &str,
    silence_ms: f64,
) -> Result<(), JsErrorBox> {
    let mut lines = proxies.split('\n').map(String::from);
    let mut line = || lines.next().unwrap_or_default();
    let settings = Settings {
        authorities,
        verify,
        proxies: Proxies {
            all: line(),
            http: line(),
            https: line(),
            no: line(),
        },
        silence: Duration::try_from_secs_f64(silence_ms / 1000.0).unwrap_or(Duration::MAX),
    };
    let client = state.borrow::<Rc<Instance>>().part::<Outbound>().client(settings);
    state.put(client.map_err(|error| JsErrorBox::generic(error.to_string()))?);
    Ok(())
}

/// The client that the worker has been given.
pub fn client_of(state: &OpState) -> Result<Client, JsErrorBox> {
    let client = state.try_borrow::<Client>().cloned();
    client.ok_or_else(|| JsErrorBox::generic("the worker has no client"))
}
