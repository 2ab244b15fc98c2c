//! Mocks of `fetch`: their interceptors as far as they are data, matched before Node is asked.
//!
//! The mocks belong to Node (`src/mock/node/`), which has the state of every interceptor, its reply, and the matchers that
//! are functions. Here are copies of what the others match by, for each thread those of its mocks. Whatever is answered is
//! certain; the rest is said to be JavaScript's to ask.

mod interceptor;
pub mod node;
pub mod ops;
mod pattern;
mod request;
mod sets;
mod table;

use std::cell::RefCell;
use std::collections::HashMap;

use interceptor::{Interceptor, Matcher};
use request::{Request, split_url, text_of};
use table::{Matches, Table};

use crate::realm::room::Room;
use crate::realm::value::Value;

deno_core::extension!(miniflare_mock, deps = [miniflare], ops = [ops::op_mock_ask]);

pub const ROOM: Room = Room {
    lazy: &["ext:miniflare/mock/bundle.ts"],
    ..Room::new("mock", miniflare_mock::init)
};

/// Integers that JavaScript has, of which the first mock's is chosen by chance: so that a mock of another copy of this
/// addon is not taken for one of these. 0 is the number of none.
const FIRST_NUMBERS: u64 = 1 << 52;

thread_local! {
    static MOCKS: RefCell<Mocks> = RefCell::default();
}

#[derive(Default)]
struct Mocks {
    open: HashMap<u64, Mock>,
    next: Option<u64>,
}

/// A mock: tables of interceptors, and the origins that they are for. Several origins may share one.
#[derive(Default)]
struct Mock {
    tables: HashMap<u32, Table>,
    origins: HashMap<String, u32>,
}

/// A table of a mock, by the mock's number and its own.
pub type TableNumber = (u64, u32);

fn with_mock<R>(mock: u64, act: impl FnOnce(&mut Mock) -> R) -> Option<R> {
    MOCKS.with_borrow_mut(|mocks| mocks.open.get_mut(&mock).map(act))
}

/// Opens a mock and returns its number. What is done to a mock that is not open does nothing.
pub fn open() -> Result<u64, getrandom::Error> {
    MOCKS.with_borrow_mut(|mocks| {
        let number = match mocks.next {
            Some(next) => next,
            None => getrandom::u64()? % FIRST_NUMBERS + 1,
        };
        mocks.next = Some(number + 1);
        mocks.open.insert(number, Mock::default());
        Ok(number)
    })
}

pub fn close(mock: u64) {
    MOCKS.with_borrow_mut(|mocks| mocks.open.remove(&mock));
}

/// From now on, a table is for an origin.
pub fn link((mock, table): TableNumber, origin: String) {
    with_mock(mock, |mock| mock.origins.insert(origin, table));
}

/// Nothing is for an origin any more.
pub fn unlink(mock: u64, origin: &str) {
    with_mock(mock, |mock| mock.origins.remove(origin));
}

/// Forgets a table.
pub fn forget((mock, table): TableNumber) {
    with_mock(mock, |mock| mock.tables.remove(&table));
}

/// Adds an interceptor to a table: `[path, method, body, headers]`, as `src/mock/node/mock-data.ts` makes them.
pub fn add((mock, table): TableNumber, number: u32, [path, method, body, headers]: [&Value; 4]) {
    with_mock(mock, |mock| {
        let table = mock.tables.entry(table).or_default();
        table.add(number, Matcher::read(path), Interceptor::read([method, body, headers]));
    });
}

/// Takes an interceptor out of a table.
pub fn remove((mock, table): TableNumber, number: u32) {
    with_mock(mock, |mock| {
        mock.tables.get_mut(&table).map(|table| table.remove(number))
    });
}

/// What a table has for a request, `[method, headers, length, body]`, from a number on.
pub fn search((mock, table): TableNumber, from: u32, path: &str, parts: [&Value; 4]) -> Value {
    let found = with_mock(mock, |mock| mock.search(table, from, path, parts));
    found.unwrap_or(Matches::NONE).into_value()
}

/// What there is for a request of a worker, `[method, url, headers, length, body, _]`; `None` when Node is to find that out.
fn search_hop(mock: u64, hop: &[Value]) -> Option<Value> {
    let [method, url, headers, length, body, _] = hop else {
        return None;
    };
    let url = text_of(url)?;
    let (origin, path) = split_url(&url)?;
    let found = with_mock(mock, |mock| {
        let table = *mock.origins.get(origin)?;
        Some(mock.search(table, 0, path, [method, headers, length, body]))
    });
    found.flatten().map(Matches::into_value)
}

impl Mock {
    fn search(&mut self, table: u32, from: u32, path: &str, parts: [&Value; 4]) -> Matches {
        let Some(table) = self.tables.get_mut(&table) else {
            return Matches::NONE;
        };
        table.search(&Request::read(path, parts), from)
    }
}
