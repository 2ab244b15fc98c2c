//! The sessions of a room, by the names of their databases. What a turn has written is committed when the turn ends. Many
//! users may have one each: those that have not been used for longest are closed, and opened again when they are.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::{Rc, Weak};

use futures::future::{FutureExt, LocalBoxFuture, ready};
use tokio::runtime::Handle;

use super::database::Database;
use super::databases::Databases;
use super::error::{Result, SqlError};
use super::history::History;
use super::image::Image;
use super::limits::OPEN_DATABASES;
use super::session::Session;
use crate::store::joint::{Batch, Decision, Participant};
use crate::store::place::Place;
use crate::store::stores::{Keeps, Replacement};
use crate::store::{self, StoreError};

/// States of databases, by the names of these.
type Next = BTreeMap<String, u64>;

pub struct Sessions {
    pub(super) databases: Databases,
    open: RefCell<HashMap<String, Rc<Session>>>,
    /// The last user of each.
    users: RefCell<HashMap<String, u64>>,
    last_user: Cell<u64>,
    /// Those that the turn has used, and how many turns have used any.
    touched: RefCell<Vec<Rc<Session>>>,
    turns: Cell<u64>,
    /// Of those in memory whose users have asked for it, by whether they are on a server.
    histories: RefCell<HashMap<(bool, String), Rc<History>>>,
    /// The states that their next users start from: now, and when snapshots were taken.
    next: RefCell<Next>,
    next_then: RefCell<HashMap<usize, Next>>,
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
            next: RefCell::default(),
            next_then: RefCell::default(),
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
        session.history.replace(self.history(name, &session.database)?);
        self.open.borrow_mut().insert(name.into(), session.clone());
        Ok(session)
    }

    /// Whether the databases are in memory, and their users store them on a server.
    pub fn is_on_server(&self) -> bool {
        matches!(*self.place.borrow(), Place::Redis(..))
    }

    pub(super) fn note(&self, session: Rc<Session>) {
        session.last_turn.set(self.turns.get());
        self.touched.borrow_mut().push(session);
    }

    /// The history of a database, if it has one.
    fn history(&self, name: &str, database: &Database) -> Result<Option<Rc<History>>> {
        if !database.is_shared() {
            return Ok(self
                .histories
                .borrow()
                .get(&(self.is_on_server(), name.into()))
                .cloned());
        }
        match History::beside(&database.path()).exists() {
            true => self.begin_history(name, database).map(Some),
            false => Ok(None),
        }
    }

    pub(super) fn begin_history(&self, name: &str, database: &Database) -> Result<Rc<History>> {
        let page_bytes = database.page_bytes as usize;
        if let Place::Folder(_, durability) = *self.place.borrow() {
            let file = History::beside(&database.path());
            return Ok(Rc::new(History::in_file(file, durability, page_bytes)?));
        }
        let new = Rc::new(History::in_memory(page_bytes)?);
        let key = (self.is_on_server(), name.into());
        self.histories.borrow_mut().insert(key, new.clone());
        Ok(new)
    }

    /// The history of a database that others may be using, if it has one.
    fn history_of(&self, name: &str) -> Result<Option<Rc<History>>> {
        if let Some(session) = self.living_of(name) {
            return Ok(session.history.borrow().clone());
        }
        let database = self.databases.get(name).map_err(SqlError::Store)?;
        self.history(name, &database)
    }

    /// The content of the state of a bookmark that a database has; `None` if it is not known.
    pub fn state_image(&self, name: &str, bookmark: &str) -> Result<Option<Image>> {
        if !self.databases.has(name) {
            return Ok(None);
        }
        let Some(history) = self.history_of(name)? else {
            return Ok(None);
        };
        let number = history.state_of(bookmark)?;
        number.map_or(Ok(None), |number| history.image(number))
    }

    pub(super) fn note_next(&self, name: &str, number: Option<u64>) {
        match number {
            Some(number) => self.next.borrow_mut().insert(name.into(), number),
            None => self.next.borrow_mut().remove(name),
        };
    }

    /// Has the next users start from the states that they would have started from when a snapshot was taken.
    fn restore_next(&self, snapshot: usize) {
        let then = self.next_then.borrow().get(&snapshot).cloned().unwrap_or_default();
        let now = self.next.replace(then.clone());
        let names: BTreeSet<_> = now.keys().chain(then.keys()).collect();
        for name in names.into_iter().filter(|name| now.get(*name) != then.get(*name)) {
            // The next user is told of what is wrong with it.
            if let Ok(Some(history)) = self.history_of(name) {
                let _ = history.set_next(then.get(name).copied());
            }
        }
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

    /// The session of a database that is open.
    pub(super) fn living_of(&self, name: &str) -> Option<Rc<Session>> {
        self.open.borrow().get(name).cloned()
    }

    fn living(&self) -> Vec<Rc<Session>> {
        self.open.borrow().values().cloned().collect()
    }
}

impl Sessions {
    /// Ends what their users are doing before the databases are replaced, which `then` is told of.
    fn replace(
        &self,
        databases: LocalBoxFuture<'static, store::Result<Replacement>>,
        then: impl FnOnce(&Sessions) + 'static,
    ) -> LocalBoxFuture<'static, store::Result<Replacement>> {
        let (sessions, all) = (self.living(), self.itself.upgrade());
        async move {
            let Replacement { batch, done } = databases.await?;
            let before = sessions.clone();
            Ok(Replacement {
                batch: Box::new(move || {
                    before.iter().for_each(|session| session.abort());
                    batch()
                }),
                done: Box::new(move || {
                    done();
                    sessions.iter().for_each(|session| session.exchanged());
                    if let Some(all) = all {
                        then(&all);
                    }
                }),
            })
        }
        .boxed_local()
    }

    /// No database can be brought back to what it was before, nor will be.
    fn forget_states(&self) {
        let is_current = self.is_on_server();
        self.histories
            .borrow_mut()
            .retain(|(is_on_server, _), _| *is_on_server != is_current);
        self.next.borrow_mut().clear();
    }
}

/// Empties databases, and forgets the states that they could be brought back to.
struct Forgetting {
    emptying: Box<dyn Participant>,
    all: Weak<Sessions>,
}

impl Participant for Forgetting {
    fn prepare(&self, decision: Option<Decision>) -> store::Result<()> {
        self.emptying.prepare(decision)
    }

    fn finish(&self) -> store::Result<()> {
        self.emptying.finish()?;
        if let Some(all) = self.all.upgrade() {
            all.forget_states();
        }
        Ok(())
    }
}

impl Keeps for Sessions {
    fn settle(&self, place: &Place, background: &Handle) -> store::Result<()> {
        if self.place.replace(place.clone()) == *place {
            return Ok(());
        }
        self.open.borrow_mut().clear();
        self.histories.borrow_mut().retain(|(is_on_server, _), _| !is_on_server);
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
        if !self.is_on_server() {
            self.databases.take(snapshot);
        }
        self.next_then.borrow_mut().insert(snapshot, self.next.borrow().clone());
    }

    fn restore(&self, snapshot: usize) -> LocalBoxFuture<'static, store::Result<Replacement>> {
        // Their users bring them back with what they store.
        let restoring = match self.is_on_server() {
            true => ready(Ok(Replacement::of_nothing())).boxed_local(),
            false => self.databases.restore(snapshot),
        };
        self.replace(restoring, move |all| all.restore_next(snapshot))
    }

    fn clear(&self) -> LocalBoxFuture<'static, store::Result<Replacement>> {
        let (clearing, all) = (self.databases.clear(), self.itself.clone());
        let forgetting = async move {
            let Replacement { batch, done } = clearing.await?;
            Ok(Replacement {
                batch: Box::new(move || match batch()? {
                    Batch::Other(emptying) => Ok(Batch::Other(Box::new(Forgetting { emptying, all }))),
                    batch => Ok(batch),
                }),
                done,
            })
        };
        self.replace(forgetting.boxed_local(), |all| {
            for session in all.living() {
                // The next who asks for a state is told of what is wrong with them.
                let history = all.history(session.name(), &session.database);
                session.history.replace(history.unwrap_or_default());
            }
        })
    }

    fn forget(&self, snapshot: usize) {
        self.next_then.borrow_mut().remove(&snapshot);
        self.databases.forget(snapshot);
    }
}
