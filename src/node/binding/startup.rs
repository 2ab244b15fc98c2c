//! How the addon starts, and how the start-up snapshot is made.

use napi::bindgen_prelude::{Env, Function};
use napi_derive::napi;

use super::environment::Environment;
use super::failure::{Code, Result};
use super::scope::Handle;
use crate::realm::background;
use crate::worker::nursery;
use crate::worker::snapshot::{self, SnapshotError};

/// Starts V8, without waiting for it.
#[napi(catch_unwind)]
pub fn start() {
    background::begin();
}

/// Registers a function that answers the calls of workers, and returns its number. `snapshot` is the file of the start-up
/// snapshot.
#[napi(catch_unwind)]
pub fn setup(
    env: &Env,
    #[napi(ts_arg_type = "(lane: number, call: number, args: Array<WireValue>) => WireValue")] host: Function,
    snapshot: String,
) -> Result<u32> {
    snapshot::load(&snapshot).map_err(failure)?;
    let environment = Environment::set_up(env.into())?;
    let number = environment.hosts.add(env.into(), Handle::from(&host))?;
    nursery::begin();
    Ok(number)
}

/// Makes the start-up snapshot. `worker` is the file with the worker's modules in one, `scripts` the folder with the scripts
/// that stay apart. For the build, in a process that does nothing else.
#[napi(catch_unwind)]
pub fn write_snapshot(path: String, worker: String, scripts: String) -> Result<()> {
    snapshot::write(&path, &worker, &scripts).map_err(failure)
}

/// Adds the code of the lazy scripts to the start-up snapshot. For the build, in a process that does nothing else.
#[napi(catch_unwind)]
pub fn write_code(path: String) -> Result<()> {
    snapshot::write_code(&path).map_err(failure)
}

fn failure(error: SnapshotError) -> super::failure::Failure {
    Code::Snapshot.because(error)
}
