//! Which spaces of a database are claimed, and by whom: a thread's use of the database is a session, and a space that is
//! written by one session alone is its own until it lets go of it. Others wait in line.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use futures::channel::oneshot::{self, Receiver, Sender};
use tokio::sync::Notify;

use super::database::{Database, lock};

/// Told when something in a folder was let go of: others may take it up.
pub static LEFT: Notify = Notify::const_new();

/// Spaces by name, each with the session that has claimed it.
#[derive(Default)]
pub struct Claims(Mutex<BTreeMap<String, Owner>>);

struct Owner {
    session: u64,
    /// How many claims of the session there are.
    count: usize,
    waiting: VecDeque<(u64, Sender<Claim>)>,
}

/// Lets go of the space when it is dropped, wherever that is.
pub struct Claim {
    database: Arc<Database>,
    name: String,
    session: u64,
}

impl Claims {
    pub fn is_elsewhere(&self, name: &str, session: u64) -> bool {
        lock(&self.0).get(name).is_some_and(|owner| owner.session != session)
    }

    /// Lets go of all that a session has claimed, whose thread has ended without doing so.
    pub fn abandon(&self, session: u64) -> Vec<(String, u64)> {
        let mut owners = lock(&self.0);
        let of_session = owners.iter_mut().filter(|(_, owner)| owner.session == session);
        let left = of_session.map(|(name, owner)| {
            owner.count = 1;
            (name.clone(), session)
        });
        left.collect()
    }
}

impl Claim {
    /// Claims a space: at once, or when it has been let go of.
    pub fn ask(database: &Arc<Database>, name: &str, session: u64) -> Result<Claim, Receiver<Claim>> {
        let mut owners = lock(&database.claims.0);
        let owner = owners.entry(name.into()).or_insert_with(|| Owner {
            session,
            count: 0,
            waiting: VecDeque::new(),
        });
        if owner.session != session {
            let (sender, receiver) = oneshot::channel();
            owner.waiting.push_back((session, sender));
            return Err(receiver);
        }
        owner.count += 1;
        Ok(Claim::new(database, name, session))
    }

    fn new(database: &Arc<Database>, name: &str, session: u64) -> Claim {
        Claim {
            database: database.clone(),
            name: name.into(),
            session,
        }
    }
}

impl Database {
    pub fn abandon(self: &Arc<Self>, session: u64) {
        for (name, session) in self.claims.abandon(session) {
            drop(Claim::new(self, &name, session));
        }
    }
}

impl Drop for Claim {
    /// Hands the space to the next who waits for it. One who has stopped waiting drops it again.
    fn drop(&mut self) {
        let mut owners = lock(&self.database.claims.0);
        let Some(owner) = owners.get_mut(&self.name).filter(|owner| owner.session == self.session) else {
            return;
        };
        owner.count -= 1;
        if owner.count > 0 {
            return;
        }
        let Some((session, waiting)) = owner.waiting.pop_front() else {
            owners.remove(&self.name);
            drop(owners);
            LEFT.notify_waiters();
            return;
        };
        (owner.session, owner.count) = (session, 1);
        drop(owners);
        let _ = waiting.send(Claim::new(&self.database, &self.name, session));
    }
}
