//! Ends statements that run for too long, or whose caller has been ended. SQLite looks here every some thousand instructions.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use super::error::{Result, SqlError};
use super::limits;

/// Tells whether the caller of a statement has been ended meanwhile.
pub type IsOver = Rc<dyn Fn() -> bool>;

struct Watched {
    until: Instant,
    is_over: Option<IsOver>,
    is_late: bool,
}

thread_local! {
    /// The statement that runs on this thread.
    static WATCHED: RefCell<Option<Watched>> = const { RefCell::new(None) };
}

/// Whether the statement that runs is to end. A connection's progress handler.
pub fn look() -> bool {
    WATCHED.with_borrow_mut(|watched| {
        let Some(watched) = watched else { return false };
        watched.is_late = Instant::now() >= watched.until;
        watched.is_late || watched.is_over.as_ref().is_some_and(|is_over| is_over())
    })
}

/// Executes a statement under watch.
pub fn watched<T>(is_over: Option<&IsOver>, execute: impl FnOnce() -> Result<T>) -> Result<T> {
    let watched = Watched {
        until: Instant::now() + limits::STATEMENT_TIME,
        is_over: is_over.cloned(),
        is_late: false,
    };
    WATCHED.set(Some(watched));
    let result = execute();
    match WATCHED.take() {
        Some(Watched { is_late: true, .. }) if result.is_err() => Err(SqlError::TooSlow),
        _ => result,
    }
}
