//! A space on Redis that this process alone uses.
//!
//! It is fetched whole when it is claimed, answers from memory, and sends its writes on in order, all of a turn as one. When
//! the claim may be lost, because the server could not be reached for a while, does not renew it or has lost its data, the
//! space refuses everything: its user must claim it again.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt, Shared};
use redis::Value;

use super::commits::Commits;
use super::error::{Kind, StoreError};
use super::memory::{Entries, apply_to, list_of};
use super::range::{Entry, Range};
use super::redis::{Room, Server, answered, lock, size};
use super::redis_claiming::Claiming;
use super::redis_link::Link;
use super::redis_scripts::{FENCED, Writes};
use super::{Reply, Result, Space, Write};
use crate::limits::{BUFFERED_BYTES, REDIS_WRITES};

type Wait = Shared<BoxFuture<'static, Result<()>>>;

/// The claimed spaces that have writes to send.
pub type Unsent = RefCell<Vec<Arc<Copied>>>;

/// A space that this process alone uses.
pub struct Claimed {
    copied: Arc<Copied>,
    unsent: Rc<Unsent>,
    commits: Rc<Commits>,
}

/// What this process knows of a space that it has claimed, for as long as answers are under way.
pub struct Copied {
    pub(super) room: Arc<Room>,
    pub(super) name: String,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) entries: Entries,
    /// What was written and not sent, and how many bytes that is.
    unsent: Vec<Write>,
    bytes: usize,
    /// The token of the claim; empty until it is made.
    pub(super) claim: String,
    /// How often the session had lapsed by then.
    pub(super) lapses: u64,
    pub(super) failure: Option<StoreError>,
    /// The claim, or the last write.
    last: Option<Wait>,
    /// Whether the space has no user left: a claim that comes then is released.
    pub(super) is_dropped: bool,
}

impl Copied {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether it still belongs to this process.
    fn check(&self, state: &State) -> Result<()> {
        let link = &self.room.server.link;
        let session = &link.session;
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None if state.claim.is_empty() => Err(StoreError::other("a space is used that is not claimed yet")),
            None if session.lasts() && session.lapses() == state.lapses => Ok(()),
            None => Err(lapsed(link)),
        }
    }

    /// Sends what was written since the last time.
    pub fn send(self: &Arc<Self>) {
        let mut state = self.state();
        let writes = std::mem::take(&mut state.unsent);
        state.bytes = 0;
        if !writes.is_empty() {
            let own = Writes {
                keys: &self.room.keys,
                space: &self.name,
                claim: &state.claim,
                writes: &writes,
            };
            state.last = Some(transmit(
                &self.room.server,
                vec![self.clone()],
                std::iter::once(own),
                &[],
            ));
        }
    }
}

/// Sends writes to spaces, all of them or none. When they are refused the claims are lost, and what was sent after them is not
/// confirmed, though the server may take it.
fn transmit<'w>(
    server: &Server,
    to: Vec<Arc<Copied>>,
    spaces: impl Iterator<Item = Writes<'w>> + Clone,
    decisions: &[String],
) -> Wait {
    let (sender, applied) = oneshot::channel();
    let name = server.link.name.clone();
    server.apply(spaces, decisions, move |answer| {
        let answer = answer.and_then(|answer| match answer {
            Value::Int(FENCED) => Err(lost(&name)),
            _ => to
                .iter()
                .find_map(|copied| copied.state().failure.clone())
                .map_or(Ok(()), Err),
        });
        if let Err(error) = &answer {
            for copied in to {
                copied.state().failure.get_or_insert(error.clone());
            }
        }
        let _ = sender.send(answer);
    });
    answered(applied).shared()
}

/// Writes to spaces that are claimed, of any rooms of one server: all of them or none. Decisions are made with them.
pub async fn commit(changes: Vec<(Rc<Claimed>, Vec<Write>)>, decisions: &[String]) -> Result<()> {
    for (space, _) in &changes {
        space.copied.send();
        space.copied.check(&space.copied.state())?;
    }
    let Some((first, _)) = changes.first() else {
        return Ok(());
    };
    let server = first.copied.room.server.clone();
    let claimed = changes.iter().map(|(space, writes)| {
        let mut state = space.copied.state();
        apply_to(&mut state.entries, writes.iter().cloned());
        (&space.copied, state.claim.clone(), writes)
    });
    let claimed: Vec<_> = claimed.collect();
    let spaces = claimed.iter().map(|(copied, claim, writes)| Writes {
        keys: &copied.room.keys,
        space: &copied.name,
        claim,
        writes,
    });
    let to = claimed.iter().map(|(copied, ..)| Arc::clone(copied));
    let wait = transmit(&server, to.collect(), spaces, decisions);
    for (copied, ..) in &claimed {
        copied.state().last = Some(wait.clone());
    }
    wait.await
}

impl Claimed {
    pub(super) fn new(room: &Arc<Room>, name: &str, unsent: Rc<Unsent>) -> Claimed {
        let (sender, claimed) = oneshot::channel();
        let copied = Arc::new(Copied {
            room: room.clone(),
            name: name.into(),
            state: Mutex::default(),
        });
        copied.state().last = Some(answered(claimed).shared());
        Claiming::new(copied.clone(), sender).ask();
        Claimed {
            copied,
            unsent,
            commits: Rc::default(),
        }
    }

    /// Removes decisions that are not looked for any more. One that stays does no harm.
    pub fn forget(&self, decisions: &[String]) {
        let mut command = redis::cmd("DEL");
        command.arg(decisions);
        self.copied.room.server.link.send(command, drop);
    }

    /// The server's URL.
    pub fn url(&self) -> &str {
        &self.copied.room.server.url
    }

    /// The server as errors name it.
    pub fn server_name(&self) -> &str {
        &self.copied.room.server.link.name
    }

    pub fn is_sound(&self) -> bool {
        let state = self.copied.state();
        state.claim.is_empty() && state.failure.is_none() || self.copied.check(&state).is_ok()
    }
}

impl Space for Claimed {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        let state = self.copied.state();
        Reply::Now(self.copied.check(&state).map(|()| state.entries.get(key).cloned()))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let state = self.copied.state();
        Reply::Now(self.copied.check(&state).map(|()| list_of(&state.entries, range)))
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        let mut state = self.copied.state();
        if let Err(error) = self.copied.check(&state) {
            return Reply::Now(Err(error));
        }
        if state.unsent.is_empty() {
            self.unsent.borrow_mut().push(self.copied.clone());
        }
        state.unsent.extend_from_slice(&writes);
        state.bytes += writes.iter().map(size).sum::<usize>();
        apply_to(&mut state.entries, writes);
        let is_full = state.unsent.len() >= REDIS_WRITES || state.bytes >= BUFFERED_BYTES;
        drop(state);
        if is_full {
            self.copied.send();
        }
        Reply::Now(Ok(()))
    }

    fn sync(&self) -> Reply<()> {
        self.copied.send();
        let mut state = self.copied.state();
        if let Some(last) = state.last.take_if(|last| last.peek().is_none()) {
            state.last = Some(last.clone());
            return Reply::Pending(last.boxed());
        }
        Reply::Now(self.copied.check(&state))
    }

    fn commits(&self) -> Rc<Commits> {
        self.commits.clone()
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        self.copied.send();
        let mut state = self.copied.state();
        state.is_dropped = true;
        if !state.claim.is_empty() {
            self.copied.release(&state.claim);
        }
    }
}

impl Copied {
    pub(super) fn release(&self, claim: &str) {
        let Room { server, keys } = &*self.room;
        server.link.send(keys.release(&self.name, claim), drop);
    }
}

fn lost(server: &str) -> StoreError {
    StoreError::new(
        Kind::Claimed,
        format!("{server} refused a write: another process has taken the object over since."),
    )
}

/// The session was not renewed in time: the server refused it, could not be reached, or has forgotten it.
fn lapsed(link: &Link) -> StoreError {
    let name = &link.name;
    match link.session.refusal().filter(|_| !link.session.lasts()) {
        Some(refusal) => StoreError::new(
            refusal.kind,
            format!(
                "{name} does not let this process keep its objects, which others may use by now: {}",
                refusal.text
            ),
        ),
        None => StoreError::new(
            Kind::Unreachable,
            format!("{name} could not be reached in time, or has lost its data: others may use the object by now."),
        ),
    }
}
