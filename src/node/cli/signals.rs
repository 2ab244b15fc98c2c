//! The end of the command by a signal, which must come even while a worker keeps the Node thread busy: then Node's own
//! handlers cannot run.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use napi_derive::napi;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

use crate::node::binding::failure::{Code, Result};
use crate::realm::{background, platform};

/// Signals that come within this time of the first are the same one: npm passes on what the terminal has sent already.
const SAME: Duration = Duration::from_millis(100);

/// A signal that is waited for, and its number.
type Numbered = (i32, Signal);

/// Ends the process `graceMs` after one of these signals, given by their numbers, or when another one comes; the exit code
/// is 128 and the number of the first. Handlers that Node has for them by now run as well.
#[napi(catch_unwind)]
pub fn end_after_signals(signals: Vec<i32>, grace_ms: u32) -> Result<()> {
    let handle = background::handle();
    let _entered = handle.enter();
    let mut signals = listen(signals).map_err(|error| Code::InvalidArgument.because(error))?;
    handle.spawn(async move {
        let first = next(&mut signals).await;
        let _ = timeout(Duration::from_millis(grace_ms.into()), second(&mut signals)).await;
        platform::exit_now(128 + first);
    });
    Ok(())
}

fn listen(numbers: Vec<i32>) -> io::Result<Vec<Numbered>> {
    let listen = |number| Ok((number, signal(SignalKind::from_raw(number))?));
    numbers.into_iter().map(listen).collect()
}

/// Waits for another signal than the one that has just come.
async fn second(signals: &mut [Numbered]) {
    sleep(SAME).await;
    while timeout(Duration::ZERO, next(signals)).await.is_ok() {}
    next(signals).await;
}

/// Waits for a signal, and returns its number.
async fn next(signals: &mut [Numbered]) -> i32 {
    poll_fn(|context| {
        let come = signals.iter_mut().find_map(|(number, signal)| {
            let Poll::Ready(Some(())) = signal.poll_recv(context) else {
                return None;
            };
            Some(*number)
        });
        come.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
