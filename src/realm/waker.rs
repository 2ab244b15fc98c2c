//! How a lane learns that something it waits for is ready.
//!
//! Any thread may wake a lane. A lane that runs notices at the end of its turn; one that rests is reported to its
//! environment, which polls it from Node's loop. The two flags are read and written in opposite order by the two sides,
//! so a wake is never lost. Waking a closed lane is a no-op.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

/// Tells Node's loop that lanes want to be polled.
pub trait Signal: Send + Sync {
    fn woken(&self, lane: u32);
}

pub struct LaneWaker {
    lane: u32,
    woken: AtomicBool,
    running: AtomicBool,
    signal: Arc<dyn Signal>,
}

impl LaneWaker {
    pub fn new(lane: u32, signal: Arc<dyn Signal>) -> Arc<LaneWaker> {
        Arc::new(LaneWaker {
            lane,
            woken: AtomicBool::new(true),
            running: AtomicBool::new(false),
            signal,
        })
    }

    pub fn waker(self: &Arc<Self>) -> Waker {
        Waker::from(self.clone())
    }

    /// The lane's turn begins: wakes are noticed by the lane itself.
    pub fn start(&self) {
        self.running.store(true, Ordering::SeqCst);
    }

    /// Whether something woke the lane since this was asked last.
    pub fn take(&self) -> bool {
        self.woken.load(Ordering::SeqCst) && self.woken.swap(false, Ordering::SeqCst)
    }

    /// Whether something has woken the lane and has not been polled.
    pub fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }

    /// The lane rests from now on. A wake that came in at the last moment, or that was left over, is reported.
    pub fn rest(&self) {
        self.running.store(false, Ordering::SeqCst);
        if self.woken.load(Ordering::SeqCst) {
            self.signal.woken(self.lane);
        }
    }
}

impl Wake for LaneWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self.woken.swap(true, Ordering::SeqCst);
        if !before && !self.running.load(Ordering::SeqCst) {
            self.signal.woken(self.lane);
        }
    }
}
