//! The sessions of a room, by the names of their databases. What a turn has written is committed when the turn ends.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use futures::future::{FutureExt, LocalBoxFuture};
use tokio::runtime::Handle;

use super::databases::Databases;
use super::error::{Result, SqlError};
use super::session::Session;
use crate::store::place::Place;
use crate::store::stores::{Keeps, Restoration};
use crate::store::{self, StoreError};

pub struct Sessions {
    databases: Databases,
    known: RefCell<HashMap<String, Weak<Session>>>,
    /// Those that the turn has used.
    touched: RefCell<Vec<Rc<Session>>>,
    is_on_server: Cell<bool>,
    itself: Weak<Sessions>,
}

impl Sessions {
    /// Sessions whose files are in `folder` of the place where the room stores.
    pub fn new(folder: &'static str) -> Rc<Sessions> {
        Rc::new_cyclic(|itself| Sessions {
            databases: Databases::below(folder),
            known: RefCell::default(),
            touched: RefCell::default(),
            is_on_server: Cell::new(false),
            itself: itself.clone(),
        })
    }

    /// A session with the database of this name. Its last user is gone: what that has not committed is undone.
    pub fn open(&self, name: &str) -> Result<Rc<Session>> {
        if self.is_on_server.get() {
            return Err(SqlError::Store(StoreError::other(
                "Durable Objects with SQLite storage cannot be stored on a Redis server: they are files of SQLite. Set \
                 durableObjectsPersist to a folder, or leave it out to store them in memory.",
            )));
        }
        let living = self.known.borrow().get(name).and_then(Weak::upgrade);
        if let Some(session) = living.filter(|session| !session.is_broken()) {
            session.abort();
            return Ok(session);
        }
        let database = self.databases.get(name).map_err(SqlError::Store)?;
        let session = Session::new(database, self.itself.clone());
        let mut known = self.known.borrow_mut();
        if known.len() == known.capacity() {
            known.retain(|_, session| session.strong_count() > 0);
        }
        known.insert(name.into(), Rc::downgrade(&session));
        Ok(session)
    }

    pub(super) fn note(&self, session: Rc<Session>) {
        self.touched.borrow_mut().push(session);
    }

    fn living(&self) -> Vec<Rc<Session>> {
        self.known.borrow().values().filter_map(Weak::upgrade).collect()
    }
}

impl Keeps for Sessions {
    fn settle(&self, place: &Place, background: &Handle) -> store::Result<()> {
        self.is_on_server.set(matches!(place, Place::Redis(..)));
        if self.is_on_server.get() {
            return Ok(());
        }
        self.known.borrow_mut().clear();
        self.databases.settle(place, background)
    }

    fn flush(&self) -> store::Result<()> {
        if self.touched.borrow().is_empty() {
            return Ok(());
        }
        let mut touched = self.touched.take();
        touched.retain(|session| session.finish_turn());
        self.touched.borrow_mut().extend(touched);
        Ok(())
    }

    fn undo_turn(&self) {
        let touched = self.touched.take();
        touched.iter().for_each(|session| session.undo_turn());
    }

    fn take(&self, snapshot: usize) {
        self.databases.take(snapshot);
    }

    fn restore(&self, snapshot: usize) -> LocalBoxFuture<'static, store::Result<Restoration>> {
        let sessions = self.living();
        let restoring = self.databases.restore(snapshot);
        async move {
            let Restoration { batch, done } = restoring.await?;
            let before = sessions.clone();
            Ok(Restoration {
                batch: Box::new(move || {
                    before.iter().for_each(|session| session.abort());
                    batch()
                }),
                done: Box::new(move || {
                    done();
                    sessions.iter().for_each(|session| session.exchanged());
                }),
            })
        }
        .boxed_local()
    }

    fn forget(&self, snapshot: usize) {
        self.databases.forget(snapshot);
    }
}
