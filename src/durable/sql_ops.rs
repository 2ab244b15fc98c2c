//! An object's database as the worker's JavaScript calls it (`sql.ts`). All of it is synchronous.

use std::cell::Cell as Slotted;
use std::ffi::CStr;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use deno_core::{GarbageCollected, OpState, op2, v8};

use super::ops::Open;
use super::storage::StorageError;
use crate::realm::guard::cpu::Watch;
use crate::sqlite::cell::Cell;
use crate::sqlite::execute::{Progress, Rows};
use crate::sqlite::session::{Session, Ticket};
use crate::sqlite::statement::{Field, Statement};
use crate::sqlite::watch::IsOver;

/// The rows of a statement that are left.
pub struct Cursor {
    session: Weak<Session>,
    number: Slotted<u64>,
}

// SAFETY: holds no references into V8's heap.
unsafe impl GarbageCollected for Cursor {
    fn trace(&self, _visitor: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static CStr {
        c"SqlCursor"
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        if self.number.get() != 0
            && let Some(session) = self.session.upgrade()
        {
            session.leave(self.number.get());
        }
    }
}

/// Ends statements with the turn of the worker that executes them.
struct Ending(Option<IsOver>);

fn ending(state: &mut OpState) -> Option<IsOver> {
    if !state.has::<Ending>() {
        let watch = state.try_borrow::<Arc<Watch>>().cloned();
        state.put(Ending(watch.map(|watch| Rc::new(move || watch.is_over()) as IsOver)));
    }
    state.borrow::<Ending>().0.clone()
}

/// What an answer has before the values of rows: the names of the columns, the numbers of rows read and written, and what
/// is left.
const HEAD: usize = 4;

struct Reader<'r, 's, 'i> {
    scope: &'r mut v8::PinScope<'s, 'i>,
    items: Vec<v8::Local<'s, v8::Value>>,
    has_names: bool,
}

impl<'r, 's, 'i> Reader<'r, 's, 'i> {
    fn new(scope: &'r mut v8::PinScope<'s, 'i>, has_names: bool) -> Reader<'r, 's, 'i> {
        let undefined = v8::undefined(scope).into();
        let mut items = Vec::with_capacity(16);
        items.resize(HEAD, undefined);
        Reader {
            scope,
            items,
            has_names,
        }
    }

    fn finish(self, progress: Progress, cursor: Option<v8::Local<'s, v8::Value>>) -> v8::Local<'s, v8::Array> {
        let Reader { scope, mut items, .. } = self;
        items[1] = v8::Number::new(scope, progress.rows_read as f64).into();
        items[2] = v8::Number::new(scope, progress.rows_written as f64).into();
        if let Some(cursor) = cursor {
            items[3] = cursor;
        }
        v8::Array::new_with_elements(scope, &items)
    }
}

impl Rows for Reader<'_, '_, '_> {
    fn begin(&mut self, statement: &Statement) {
        if !self.has_names {
            return;
        }
        let mut names = Vec::with_capacity(statement.columns());
        for column in 0..statement.columns() {
            let kind = v8::NewStringType::Internalized;
            let name = v8::String::new_from_utf8(self.scope, statement.name(column), kind);
            names.push(name.unwrap_or_else(|| v8::String::empty(self.scope)).into());
        }
        self.items[0] = v8::Array::new_with_elements(self.scope, &names).into();
    }

    fn row(&mut self, statement: &Statement) {
        for column in 0..statement.columns() {
            let value = value_of(self.scope, statement.field(column));
            self.items.push(value);
        }
    }
}

fn value_of<'s>(scope: &mut v8::PinScope<'s, '_>, field: Field) -> v8::Local<'s, v8::Value> {
    match field {
        Field::Null => v8::null(scope).into(),
        Field::Integer(integer) => match i32::try_from(integer) {
            Ok(small) => v8::Integer::new(scope, small).into(),
            Err(_) => v8::Number::new(scope, integer as f64).into(),
        },
        Field::Real(number) => v8::Number::new(scope, number).into(),
        Field::Text(text) => {
            let kind = v8::NewStringType::Normal;
            let text = match text.is_ascii() {
                true => v8::String::new_from_one_byte(scope, text, kind),
                false => v8::String::new_from_utf8(scope, text, kind),
            };
            text.unwrap_or_else(|| v8::String::empty(scope)).into()
        }
        Field::Blob(blob) => {
            let store = v8::ArrayBuffer::new_backing_store_from_vec(blob.to_vec()).make_shared();
            v8::ArrayBuffer::with_backing_store(scope, &store).into()
        }
    }
}

/// A value to bind: null, undefined, a number, a boolean, text, a buffer or a view of one.
fn cell(scope: &mut v8::PinScope, value: v8::Local<v8::Value>) -> Cell {
    if value.is_number() {
        return Cell::Number(value.cast::<v8::Number>().value());
    }
    if value.is_null_or_undefined() {
        return Cell::Null;
    }
    if let Ok(view) = value.try_cast::<v8::ArrayBufferView>() {
        let mut bytes = vec![0; view.byte_length()];
        let copied = view.copy_contents(&mut bytes);
        bytes.truncate(copied);
        return Cell::Blob(bytes.into());
    }
    if let Ok(buffer) = value.try_cast::<v8::ArrayBuffer>() {
        let bytes = buffer.data().map_or_else(Vec::new, |data| {
            // SAFETY: the buffer has this many bytes there, and nothing else runs.
            unsafe { std::slice::from_raw_parts(data.as_ptr().cast::<u8>(), buffer.byte_length()) }.to_vec()
        });
        return Cell::Blob(bytes.into());
    }
    Cell::Text(value.to_rust_string_lossy(scope).into_bytes().into())
}

fn sql(open: &Open) -> Result<Rc<Session>, StorageError> {
    open.storage().sql()
}

/// Executes a text. Answers with `[names, rowsRead, rowsWritten, cursor, ...values]`, where the values are those of the first
/// row, and of all rows if the statement writes; `cursor` is undefined if no rows are left.
///
/// @param {unknown[]} values
/// @returns {unknown[]}
#[op2]
pub fn op_durable_sql_execute<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[cppgc] open: &Open,
    #[string] text: &str,
    values: v8::Local<'s, v8::Array>,
) -> Result<v8::Local<'s, v8::Value>, StorageError> {
    let session = sql(open)?;
    let count = values.length();
    let mut cells = Vec::with_capacity(count as usize);
    for index in 0..count {
        let value = values.get_index(scope, index);
        cells.push(value.map_or(Cell::Null, |value| cell(scope, value)));
    }
    let is_over = ending(state);
    let mut reader = Reader::new(scope, true);
    let progress = session.execute(text, &cells, &mut reader, is_over.as_ref())?;
    let cursor = (progress.cursor != 0).then(|| {
        let cursor = Cursor {
            session: Rc::downgrade(&session),
            number: Slotted::new(progress.cursor),
        };
        deno_core::cppgc::make_cppgc_object(reader.scope, cursor).into()
    });
    Ok(reader.finish(progress, cursor).into())
}

/// Goes on to the next row, or through `all` that are left: `[undefined, rowsRead, rowsWritten, isLeft, ...values]`.
///
/// @returns {unknown[]}
#[op2]
pub fn op_durable_sql_next<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &mut OpState,
    #[cppgc] cursor: &Cursor,
    all: bool,
) -> Result<v8::Local<'s, v8::Value>, StorageError> {
    let is_over = ending(state);
    let session = cursor.session.upgrade().ok_or(crate::sqlite::error::SqlError::Closed)?;
    let mut reader = Reader::new(scope, false);
    let progress = session.advance(cursor.number.get(), all, &mut reader, is_over.as_ref());
    let progress = progress.inspect_err(|_| cursor.number.set(0))?;
    cursor.number.set(progress.cursor);
    let left = (progress.cursor != 0).then(|| v8::Boolean::new(reader.scope, true).into());
    Ok(reader.finish(progress, left).into())
}

/// Bytes of the database, without free pages.
#[op2(fast)]
pub fn op_durable_sql_size(#[cppgc] open: &Open) -> Result<f64, StorageError> {
    Ok(sql(open)?.size()? as f64)
}

/// Begins a transaction that lasts until it is ended, or a scope in the one that is open. Returns a number for it.
#[op2(fast)]
pub fn op_durable_sql_begin(#[cppgc] open: &Open, as_transaction: bool) -> Result<f64, StorageError> {
    let session = sql(open)?;
    let ticket = match as_transaction {
        true => session.begin_transaction()?,
        false => session.begin_scope()?,
    };
    Ok(ticket.to_number())
}

/// Ends a transaction or a scope; false if it was over already.
#[op2(fast)]
pub fn op_durable_sql_end(#[cppgc] open: &Open, ticket: f64, commits: bool) -> Result<bool, StorageError> {
    Ok(sql(open)?.end(Ticket::from_number(ticket), commits)?)
}

/// A text for the state that was committed last.
#[op2]
#[string]
pub fn op_durable_sql_bookmark(#[cppgc] open: &Open) -> Result<String, StorageError> {
    Ok(sql(open)?.bookmark()?)
}

/// The same for the state that was in force at a time.
#[op2]
#[string]
pub fn op_durable_sql_bookmark_at(#[cppgc] open: &Open, time_ms: f64) -> Result<String, StorageError> {
    sql(open)?.bookmark_at(time_ms)?.ok_or(StorageError::NoBookmark)
}

/// Whether a bookmark is of a state of the object that can be gone back to.
#[op2(fast)]
pub fn op_durable_sql_has_bookmark(#[cppgc] open: &Open, #[string] bookmark: &str) -> Result<bool, StorageError> {
    Ok(sql(open)?.has_bookmark(bookmark)?)
}

/// The name of the database.
#[op2]
#[string]
pub fn op_durable_sql_name(#[cppgc] open: &Open) -> Result<String, StorageError> {
    Ok(open.storage().sql_space()?.name().into())
}

/// Has the next life of the object start from the state of a bookmark, which the database `of` has; without a name, its own.
/// Returns the bookmark of now.
#[op2]
#[string]
pub fn op_durable_sql_restore_next(
    #[cppgc] open: &Open,
    #[string] bookmark: String,
    #[string] of: Option<String>,
) -> Result<String, StorageError> {
    let space = open.storage().sql_space()?;
    let of = of.as_deref().unwrap_or_else(|| space.name());
    let now = space.restore_next_of(of, &bookmark)?;
    now.ok_or(StorageError::Bookmark(bookmark))
}

/// Undoes what has not been committed.
#[op2(fast)]
pub fn op_durable_sql_abort(#[cppgc] open: &Open) {
    open.storage().abort();
}
