//! A space of a folder that this thread alone uses: it is claimed of the database, which other threads may use as well, and
//! collects what is written in a turn.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, Shared};

use super::buffered::Buffered;
use super::commits::Commits;
use super::database::Database;
use super::error::Kind;
use super::range::{Entry, Range};
use super::rocks_claims::Claim;
use super::rocks_use::Use;
use super::{Reply, Result, Space, StoreError, Write};
use crate::limits::CLAIM_WAIT;

type Wait = Shared<BoxFuture<'static, Result<()>>>;

pub struct Held {
    /// Before the claim, so that it is written before the space is another's.
    space: Rc<Buffered>,
    claim: Arc<OnceLock<Result<Claim>>>,
    wait: RefCell<Option<Wait>>,
    database: Arc<Database>,
    commits: Rc<Commits>,
}

impl Held {
    pub fn new(user: &Rc<Use>, name: &str) -> Rc<Held> {
        let claim = Arc::<OnceLock<Result<Claim>>>::default();
        let asked = Claim::ask(&user.database, &user.full_name(name), user.session);
        let wait = match asked {
            Ok(at_once) => {
                let _ = claim.set(Ok(at_once));
                None
            }
            Err(waits) => Some(awaited(waits, &claim, name)),
        };
        Rc::new(Held {
            space: Buffered::new(user.space(name), user.unwritten.clone()),
            claim,
            wait: RefCell::new(wait),
            database: user.database.clone(),
            commits: Rc::default(),
        })
    }

    pub fn is_sound(&self) -> bool {
        let is_refused = matches!(self.claim.get(), Some(Err(_)));
        self.space.is_sound() && !is_refused && self.database.check_there().is_ok()
    }

    /// Answers when the space is claimed.
    pub fn ready(&self) -> Reply<()> {
        match &*self.wait.borrow() {
            Some(wait) if wait.peek().is_none() => Reply::Pending(wait.clone().boxed()),
            _ => Reply::Now(self.check()),
        }
    }

    fn check(&self) -> Result<()> {
        match self.claim.get() {
            Some(Ok(_)) => self.database.check_there(),
            Some(Err(error)) => Err(error.clone()),
            None => Err(StoreError::other("a space is used that is not claimed yet")),
        }
    }
}

/// Waits for a claim. One that comes when the space has no user left is released.
fn awaited(
    waits: futures::channel::oneshot::Receiver<Claim>,
    claim: &Arc<OnceLock<Result<Claim>>>,
    name: &str,
) -> Wait {
    let (slot, name) = (Arc::downgrade(claim), name.to_string());
    let wait = async move {
        let came = match tokio::time::timeout(CLAIM_WAIT, waits).await {
            Ok(Ok(claim)) => Ok(claim),
            _ => Err(taken(&name)),
        };
        let answer = came.as_ref().map(drop).map_err(Clone::clone);
        if let Some(slot) = slot.upgrade() {
            let _ = slot.set(came);
        }
        answer
    };
    wait.boxed().shared()
}

fn taken(space: &str) -> StoreError {
    let seconds = CLAIM_WAIT.as_secs();
    StoreError::new(
        Kind::Claimed,
        format!(
            "The object {space} is in use in another thread of this process, which did not let go of it within {seconds} s: \
             dispose of the instance there, or end that thread."
        ),
    )
}

impl Space for Held {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        match self.check() {
            Ok(()) => self.space.get(key),
            Err(error) => Reply::Now(Err(error)),
        }
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        match self.check() {
            Ok(()) => self.space.list(range),
            Err(error) => Reply::Now(Err(error)),
        }
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        match self.check() {
            Ok(()) => self.space.apply(writes),
            Err(error) => Reply::Now(Err(error)),
        }
    }

    fn sync(&self) -> Reply<()> {
        match self.check() {
            Ok(()) => self.space.sync(),
            Err(error) => Reply::Now(Err(error)),
        }
    }

    fn commits(&self) -> Rc<Commits> {
        self.commits.clone()
    }
}

/// A space that cannot be had.
pub struct Refused(pub StoreError);

impl Space for Refused {
    fn get(&self, _key: &[u8]) -> Reply<Option<Bytes>> {
        Reply::Now(Err(self.0.clone()))
    }

    fn list(&self, _range: &Range) -> Reply<Vec<Entry>> {
        Reply::Now(Err(self.0.clone()))
    }

    fn apply(&self, _writes: Vec<Write>) -> Reply<()> {
        Reply::Now(Err(self.0.clone()))
    }

    fn sync(&self) -> Reply<()> {
        Reply::Now(Err(self.0.clone()))
    }
}
