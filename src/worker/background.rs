//! The one background thread of the process: a tokio runtime for sockets, timers and the watchdog.
//!
//! It never touches an isolate. Lanes enter its handle, so that what upstream awaits is driven here, and are woken
//! through their own wakers. It lives as long as the process: nothing owns it, nothing stops it.

use std::sync::OnceLock;
use std::sync::mpsc;

use deno_core::JsRuntime;
use tokio::runtime::{Builder, Handle};

static HANDLE: OnceLock<Handle> = OnceLock::new();

/// The background runtime's handle; the first call starts the thread and V8.
pub fn handle() -> &'static Handle {
    HANDLE.get_or_init(start)
}

fn start() -> Handle {
    let (sender, receiver) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("miniflare-rs".into());
    let spawned = thread.spawn(move || {
        // V8 is started on the thread that outlives all others.
        JsRuntime::init_platform(None);
        match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                let _ = sender.send(runtime.handle().clone());
                runtime.block_on(std::future::pending::<()>());
            }
            Err(error) => panic!("the background runtime cannot start: {error}"),
        }
    });
    match spawned.map(|_| receiver.recv()) {
        Ok(Ok(handle)) => handle,
        Ok(Err(_)) => panic!("the background thread ended while it started"),
        Err(error) => panic!("the background thread cannot start: {error}"),
    }
}
