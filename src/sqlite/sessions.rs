//! The sessions of a room, by the names of their databases. What a turn has written is committed when the turn ends. Many
//! users may have one each: those that have not been used for longest are closed, and opened again when they are.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use futures::future::{FutureExt, LocalBoxFuture};
use tokio::runtime::Handle;

use super::databases::Databases;
use super::error::{Result, SqlError};
use super::history::History;
use super::limits::OPEN_DATABASES;
use super::session::Session;
use crate::store::place::Place;
use crate::store::stores::{Keeps, Restoration};
use crate::store::{self, StoreError};

pub struct Sessions {
    databases: Databases,
    open: RefCell<HashMap<String, Rc<Session>>>,
    /// The last user of each.
    users: RefCell<HashMap<String, u64>>,
    last_user: Cell<u64>,
    /// Those that the turn has used, and how many turns have used any.
    touched: RefCell<Vec<Rc<Session>>>,
    turns: Cell<u64>,
    /// Of those whose users have asked for it.
    histories: RefCell<HashMap<String, Rc<History>>>,
    now_ms: Box<dyn Fn() -> f64>,
    place: RefCell<Place>,
    itself: Weak<Sessions>,
}

impl Sessions {
    /// Sessions whose files are in `folder` of the place where the room stores. `now_ms` is the time of histories.
    pub fn new(folder: &'static str, now_ms: Box<dyn Fn() -> f64>) -> Rc<Sessions> {
        Rc::new_cyclic(|itself| Sessions {
            databases: Databases::below(folder),
            open: RefCell::default(),
            users: RefCell::default(),
            last_user: Cell::new(0),
            touched: RefCell::default(),
            turns: Cell::new(0),
            histories: RefCell::default(),
            now_ms,
            place: RefCell::default(),
            itself: itself.clone(),
        })
    }

    /// A number for a new user of a database. The one before is gone: what that has not committed is undone.
    pub fn begin(&self, name: &str) -> u64 {
        let user = self.last_user.get() + 1;
        self.last_user.set(user);
        self.users.borrow_mut().insert(name.into(), user);
        let open = self.open.borrow().get(name).cloned();
        if let Some(session) = open {
            session.abort();
            if session.is_broken() {
                self.open.borrow_mut().remove(name);
            }
        }
        user
    }

    /// A user of a database is gone.
    pub fn end(&self, name: &str, user: u64) {
        if self.users.borrow().get(name) != Some(&user) {
            return;
        }
        self.users.borrow_mut().remove(name);
        let open = self.open.borrow_mut().remove(name);
        if let Some(session) = open {
            session.abort();
            drop(session);
            // The next user finds out what is wrong with it.
            let _ = self.databases.rest(name);
        }
    }

    /// The session of a user.
    pub fn open(&self, name: &str, user: u64) -> Result<Rc<Session>> {
        if self.is_on_server() {
            return Err(SqlError::Store(StoreError::other(
                "Durable Objects with SQLite storage cannot be stored on a Redis server: they are files of SQLite. Set \
                 durableObjectsPersist to a folder, or leave it out to store them in memory.",
            )));
        }
        if self.users.borrow().get(name) != Some(&user) {
            return Err(SqlError::Store(StoreError::other(
                "The object has been lost: what it has written could not be committed. The next request constructs it again.",
            )));
        }
        if let Some(session) = self.open.borrow().get(name) {
            return Ok(session.clone());
        }
        if self.open.borrow().len() >= 2 * OPEN_DATABASES {
            // The turn has used too many: those who ask others have committed what they have written.
            self.flush().map_err(SqlError::Store)?;
        }
        let database = self.databases.get(name).map_err(SqlError::Store)?;
        let session = Session::new(database, self.itself.clone());
        self.open.borrow_mut().insert(name.into(), session.clone());
        Ok(session)
    }

    fn is_on_server(&self) -> bool {
        matches!(*self.place.borrow(), Place::Redis(..))
    }

    pub(super) fn note(&self, session: Rc<Session>) {
        session.last_turn.set(self.turns.get());
        self.touched.borrow_mut().push(session);
    }

    /// The history of a database, if it has one.
    pub fn history(&self, name: &str) -> Option<Rc<History>> {
        self.histories.borrow().get(name).cloned()
    }

    pub(super) fn begin_history(&self, name: &str) -> Rc<History> {
        self.histories.borrow_mut().entry(name.into()).or_default().clone()
    }

    pub fn now_ms(&self) -> f64 {
        (self.now_ms)()
    }

    /// Closes those that have not been used for longest, when there are many.
    fn rest(&self) {
        if self.open.borrow().len() <= OPEN_DATABASES {
            return;
        }
        let mut idle: Vec<_> = {
            let open = self.open.borrow();
            let idle = open.iter().filter(|(_, session)| session.is_idle());
            idle.map(|(name, session)| (session.last_turn.get(), name.clone()))
                .collect()
        };
        idle.sort_unstable();
        let spare = self.open.borrow().len() - OPEN_DATABASES / 2;
        for (_, name) in idle.into_iter().take(spare) {
            self.open.borrow_mut().remove(&name);
            // What is wrong with it is found when it is opened again.
            let _ = self.databases.rest(&name);
        }
    }

    fn living(&self) -> Vec<Rc<Session>> {
        self.open.borrow().values().cloned().collect()
    }
}

impl Keeps for Sessions {
    fn settle(&self, place: &Place, background: &Handle) -> store::Result<()> {
        if self.place.replace(place.clone()) == *place {
            return Ok(());
        }
        self.open.borrow_mut().clear();
        if self.is_on_server() {
            return Ok(());
        }
        self.databases.settle(place, background)
    }

    fn flush(&self) -> store::Result<()> {
        if self.touched.borrow().is_empty() {
            return Ok(());
        }
        let mut touched = self.touched.take();
        touched.retain(|session| session.finish_turn());
        self.touched.borrow_mut().extend(touched);
        self.turns.set(self.turns.get() + 1);
        self.rest();
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
