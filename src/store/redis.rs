//! Redis, the store of many processes.
//!
//! A space that is shared is asked over the network, and answers later. One that is claimed is another matter:
//! `redis_claimed.rs`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{self, Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt, TryFutureExt};
use redis::{Cmd, Value};
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::error::StoreError;
use super::joint::Batch;
use super::range::{Entry, Range};
use super::redis_claimed::{Claimed, Unsent};
use super::redis_link::Link;
use super::redis_scripts::{Keys, Session, Writes};
use super::{Claims, Reply, Result, Space, Store, Write};
use crate::limits::{BUFFERED_BYTES, REDIS_WRITES, STORE_LOOK};

pub struct RedisStore {
    room: Arc<Room>,
    claimed: Claims<Claimed>,
    unsent: Rc<Unsent>,
}

/// The keys of one room on a server.
pub(super) struct Room {
    pub(super) server: Arc<Server>,
    pub(super) keys: Keys,
}

/// A thread's use of a server. The rooms that store there share it, so that what is sent by one comes after what was sent by
/// another before.
pub(super) struct Server {
    pub(super) url: String,
    pub(super) link: Link,
    session: Arc<Session>,
    pub(super) background: Handle,
    /// Counts the writes of the session, and its claims.
    writes: Mutex<u64>,
    claims: AtomicU64,
}

impl Server {
    fn new(url: &str, authorities: &str, background: &Handle) -> Result<Arc<Server>> {
        let session = Arc::new(Session(session_name()?));
        Ok(Arc::new(Server {
            url: url.into(),
            link: Link::new(url, authorities, session.clone(), background)?,
            session,
            background: background.clone(),
            writes: Mutex::new(0),
            claims: AtomicU64::new(0),
        }))
    }

    /// Sends writes to spaces, all of them or none, with which `decisions` are made; their number and their place in the queue
    /// are taken together.
    pub(super) fn apply<'w>(
        &self,
        spaces: impl Iterator<Item = Writes<'w>> + Clone,
        decisions: &[String],
        done: impl FnOnce(Result<Value>) + Send + 'static,
    ) {
        let mut number = lock(&self.writes);
        *number += 1;
        let (writes, bytes) = extent(spaces.clone().flat_map(|space| space.writes));
        if writes <= REDIS_WRITES && bytes <= BUFFERED_BYTES {
            return self.link.send(self.session.apply(*number, spaces, decisions), done);
        }
        let failure = self.stage(*number, spaces.clone().flat_map(|space| space.writes));
        let script = self.session.apply_staged(*number, spaces, decisions);
        self.link.send_long(script, bytes, move |answer| {
            let refused = lock(&failure).take();
            done(refused.map_or(answer, Err));
        });
    }

    /// Sends writes in parts, to be made at once; what the server refused of them once they have been answered.
    fn stage<'w>(&self, number: u64, writes: impl Iterator<Item = &'w Write>) -> Arc<Mutex<Option<StoreError>>> {
        let failure = Arc::<Mutex<Option<StoreError>>>::default();
        let (mut part, mut bytes, mut first) = (Vec::new(), 0, 0);
        let mut send = |part: &mut Vec<&'w Write>, bytes: &mut usize| {
            for command in [
                self.session.stage(number, first, part.iter().copied()),
                self.session.keep_stage(number),
            ] {
                let failure = failure.clone();
                self.link.send(command, move |answer| {
                    if let Err(error) = answer {
                        lock(&failure).get_or_insert(error);
                    }
                });
            }
            first += part.len();
            part.clear();
            *bytes = 0;
        };
        for write in writes {
            part.push(write);
            bytes += size(write);
            if part.len() >= REDIS_WRITES || bytes >= BUFFERED_BYTES {
                send(&mut part, &mut bytes);
            }
        }
        if !part.is_empty() {
            send(&mut part, &mut bytes);
        }
        failure
    }

    /// A token that no claim has had or will have.
    pub(super) fn token(&self) -> String {
        let number = self.claims.fetch_add(1, SeqCst);
        format!("{} {number}", self.session.0)
    }
}

thread_local! {
    /// By URL.
    static SERVERS: RefCell<HashMap<String, sync::Weak<Server>>> = RefCell::default();
    /// By URL and room: instances of one thread share a store, and so the objects that it has claimed.
    static STORES: RefCell<HashMap<(String, String), Weak<RedisStore>>> = RefCell::default();
}

impl RedisStore {
    /// The store of `room` at `url`. It connects when something is first asked of it. `authorities` are the certificates
    /// that it trusts, as PEM.
    pub fn open(url: &str, authorities: &str, room: &str, background: &Handle) -> Result<Rc<RedisStore>> {
        let name = (url.to_string(), room.to_string());
        let living = STORES.with_borrow(|stores| stores.get(&name).and_then(Weak::upgrade));
        if let Some(store) = living {
            return Ok(store);
        }
        let living = SERVERS.with_borrow(|servers| servers.get(url).and_then(sync::Weak::upgrade));
        let server = match living {
            Some(server) => server,
            None => Server::new(url, authorities, background)?,
        };
        SERVERS.with_borrow_mut(|servers| {
            servers.retain(|_, server| server.strong_count() > 0);
            servers.insert(url.into(), Arc::downgrade(&server));
        });
        let store = Rc::new(RedisStore::new(server, room));
        STORES.with_borrow_mut(|stores| {
            stores.retain(|_, store| store.strong_count() > 0);
            stores.insert(name, Rc::downgrade(&store));
        });
        Ok(store)
    }

    fn new(server: Arc<Server>, room: &str) -> RedisStore {
        let keys = Keys::new(room, server.session.clone());
        RedisStore {
            room: Arc::new(Room { server, keys }),
            claimed: Claims::default(),
            unsent: Rc::default(),
        }
    }

    fn claimed(&self, name: &str) -> Rc<Claimed> {
        let make = || Rc::new(Claimed::new(&self.room, name, self.unsent.clone()));
        self.claimed.claim(name, Claimed::is_sound, make)
    }

    fn ask<T: Send + 'static>(&self, command: Cmd, read: impl FnOnce(Value) -> Result<T> + Send + 'static) -> Reply<T> {
        self.room.server.link.ask(command, read)
    }
}

/// The name of a session says whose it is.
fn session_name() -> Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|error| StoreError::other(error.to_string()))?;
    Ok(format!("process {}, {}", std::process::id(), hex::encode(random)))
}

impl Store for RedisStore {
    fn space(&self, name: &str) -> Rc<dyn Space> {
        Rc::new(SharedSpace {
            room: self.room.clone(),
            name: name.into(),
        })
    }

    fn claim(&self, name: &str) -> (Rc<dyn Space>, Reply<()>) {
        let space = self.claimed(name);
        let ready = space.sync();
        (space, ready)
    }

    fn flush(&self) -> Result<()> {
        for copied in self.unsent.take() {
            copied.send();
        }
        Ok(())
    }

    fn spaces(&self, prefix: &str) -> Reply<Vec<String>> {
        let _ = self.flush();
        self.ask(self.room.keys.spaces(prefix), |names| {
            let names = list(names)
                .into_iter()
                .map(|name| String::from_utf8_lossy(&name).into_owned());
            Ok(names.collect())
        })
    }

    fn spaces_with(&self, key: &[u8]) -> Reply<Vec<(String, Bytes)>> {
        let _ = self.flush();
        self.ask(self.room.keys.spaces_with(key), |found| {
            let pairs = pairs(list(found)).into_iter();
            Ok(pairs
                .map(|(name, value)| (String::from_utf8_lossy(&name).into_owned(), value))
                .collect())
        })
    }

    fn batch(&self, changes: Vec<(String, Vec<Write>)>) -> Result<Batch> {
        let changes = changes.into_iter();
        let claimed = changes.map(|(name, writes)| (self.claimed(&name), writes));
        Ok(Batch::Server(claimed.collect()))
    }

    fn elsewhere(&self, names: &[String]) -> Reply<Vec<bool>> {
        self.ask(self.room.keys.elsewhere(names), |found| {
            let Value::Array(found) = found else {
                return Ok(Vec::new());
            };
            Ok(found.into_iter().map(|one| one == Value::Int(1)).collect())
        })
    }

    /// Redis does not report what others set or release: it is polled.
    fn changed(&self) -> BoxFuture<'static, ()> {
        async { sleep(STORE_LOOK).await }.boxed()
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// A space that others may use as well.
struct SharedSpace {
    room: Arc<Room>,
    name: String,
}

impl Space for SharedSpace {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        let Room { server, keys } = &*self.room;
        server.link.ask(keys.get(&self.name, key), |value| Ok(bytes(value)))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let bounds = match range.bounds() {
            Some(bounds) if range.limit() > 0 => bounds,
            _ => return Reply::Now(Ok(Vec::new())),
        };
        let Room { server, keys } = &*self.room;
        server.link.ask(keys.list(&self.name, range, bounds), |found| {
            let Value::Array(mut parts) = found else {
                return Ok(Vec::new());
            };
            let values = parts.pop().map(list).unwrap_or_default();
            let keys = parts.pop().map(list).unwrap_or_default();
            Ok(keys.into_iter().zip(values.into_iter().map(Bytes::from)).collect())
        })
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        if writes.is_empty() {
            return Reply::Now(Ok(()));
        }
        let (sender, applied) = oneshot::channel();
        let Room { server, keys } = &*self.room;
        let own = Writes {
            keys,
            space: &self.name,
            claim: "",
            writes: &writes,
        };
        server.apply(std::iter::once(own), &[], |answer| {
            let _ = sender.send(answer.map(drop));
        });
        Reply::Pending(answered(applied))
    }

    /// A write is answered when Redis has it.
    fn sync(&self) -> Reply<()> {
        Reply::Now(Ok(()))
    }
}

/// How many writes, and how many bytes they have.
fn extent<'w>(writes: impl Iterator<Item = &'w Write>) -> (usize, usize) {
    writes.fold((0, 0), |(count, bytes), write| (count + 1, bytes + size(write)))
}

pub(super) fn size((key, value): &Write) -> usize {
    key.len() + value.as_ref().map_or(0, Bytes::len)
}

/// An answer that comes by a channel, whose other end lives as long as its command is under way.
pub(super) fn answered(answer: oneshot::Receiver<Result<()>>) -> BoxFuture<'static, Result<()>> {
    let ended = |_| Err(StoreError::other("The store is not in use any more."));
    answer.unwrap_or_else(ended).boxed()
}

fn bytes(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(bytes.into()),
        _ => None,
    }
}

pub(super) fn text(value: Value) -> String {
    String::from_utf8_lossy(&bytes(value).unwrap_or_default()).into_owned()
}

/// The strings of an array, which Redis may also give as a map.
pub(super) fn list(value: Value) -> Vec<Vec<u8>> {
    let items = match value {
        Value::Array(items) => items,
        Value::Map(pairs) => pairs.into_iter().flat_map(|(key, value)| [key, value]).collect(),
        _ => Vec::new(),
    };
    items
        .into_iter()
        .map(|item| bytes(item).unwrap_or_default().into())
        .collect()
}

pub(super) fn pairs(flat: Vec<Vec<u8>>) -> Vec<Entry> {
    let mut items = flat.into_iter();
    let mut pairs = Vec::with_capacity(items.len() / 2);
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        pairs.push((key, value.into()));
    }
    pairs
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{self, answer, delete, get, keys, put};
    use super::super::error::Kind;
    use super::super::redis_claimed;
    use super::super::redis_test_server::TestServer;
    use super::*;

    impl TestServer {
        fn store(&self) -> RedisStore {
            let server = Server::new(&self.url(), "", &self.background).expect("the URL is one");
            RedisStore::new(server, "test")
        }
    }

    fn claim(store: &RedisStore, name: &str) -> Rc<dyn Space> {
        let (space, claimed) = store.claim(name);
        answer(claimed).expect("it can be claimed");
        space
    }

    #[test]
    fn keeps_the_contract() {
        let server = TestServer::start("contract");
        conformance::check_all(Rc::new(server.store()));
    }

    #[test]
    fn writes_that_are_too_long_for_one_command_are_made_at_once() {
        let server = TestServer::start("staged");
        let store = server.store();
        let large = "x".repeat(3 * 1024 * 1024);
        let names: Vec<_> = (0..40).map(|index| format!("key {index}")).collect();
        let spaces = ["one", "two"].map(|name| claim(&store, name));
        spaces
            .iter()
            .for_each(|space| conformance::apply(space, vec![put("before", "1")]));
        let writes = || {
            let large = names.iter().map(|name| put(name, &large));
            large.chain([delete("before")]).collect::<Vec<_>>()
        };
        let Ok(Batch::Server(changes)) = store.batch(vec![("one".into(), writes()), ("two".into(), writes())]) else {
            panic!("a server has a part")
        };
        futures::executor::block_on(redis_claimed::commit(changes, &["decision".into()])).expect("it writes");
        for name in ["one", "two"] {
            assert_eq!(keys(&store.space(name), &Range::all()).len(), names.len());
            assert_eq!(get(&store.space(name), "key 39"), Some(large.clone()));
        }
        let mut left = redis::cmd("KEYS");
        left.arg("*stage*");
        assert_eq!(answer(store.ask(left, |found| Ok(list(found).len()))), Ok(0));
        let mut made = redis::cmd("GET");
        made.arg("decision");
        assert_eq!(answer(store.ask(made, |found| Ok(text(found)))), Ok("1".into()));
    }

    #[test]
    fn writes_of_which_a_part_is_missing_are_not_made() {
        let server = TestServer::start("missing-part");
        let store = server.store();
        let room = &store.room;
        let own = Writes {
            keys: &room.keys,
            space: "s",
            claim: "",
            writes: &[put("a", "1"), put("b", "2")],
        };
        let part = room.server.session.stage(1, 0, own.writes[..1].iter());
        answer(store.ask(part, |_| Ok(()))).expect("it answers");
        let apply = room.server.session.apply_staged(1, std::iter::once(own), &[]);
        let error = answer(store.ask(apply, |_| Ok(()))).expect_err("a write is missing");
        assert!(error.text.contains("STAGE"), "{error}");
        assert_eq!(keys(&store.space("s"), &Range::all()).len(), 0);
    }

    #[test]
    fn a_space_passes_on_when_it_is_let_go_of() {
        let server = TestServer::start("passes");
        let (first, second) = (server.store(), server.store());
        let space = claim(&first, "object");
        conformance::apply(&space, vec![put("a", "1"), put("b", "2"), delete("a")]);
        let (waiting, claimed) = second.claim("object");
        drop(space);
        answer(claimed).expect("it was let go of");
        assert_eq!(get(&waiting, "b"), Some("2".into()));
    }

    #[test]
    fn a_writer_whose_claim_was_taken_over_is_refused() {
        let server = TestServer::start("fenced");
        let (first, second) = (server.store(), server.store());
        let space = claim(&first, "object");
        conformance::apply(&space, vec![put("a", "1")]);
        // The first session ends, as far as Redis knows.
        answer(first.ask(first.room.server.session.end(), |_| Ok(()))).expect("it answers");
        let taken = claim(&second, "object");
        conformance::apply(&taken, vec![put("a", "2")]);
        let error = answer(space.commit(vec![put("a", "late")])).expect_err("it is late");
        assert_eq!(error.kind, Kind::Claimed);
        assert!(matches!(space.get(b"a"), Reply::Now(Err(error)) if error.kind == Kind::Claimed));
        assert_eq!(keys(&taken, &Range::all()), ["a"]);
        assert_eq!(get(&second.space("object"), "a"), Some("2".into()));
        assert_eq!(get(&claim(&first, "other"), "a"), None);
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let server = TestServer::start("missing");
        let missing = Server::new("redis://user:secret@127.0.0.1:1/3", "", &server.background);
        let store = RedisStore::new(missing.unwrap_or_else(|error| panic!("{error}")), "test");
        let error = answer(store.space("s").get(b"a")).expect_err("no server listens there");
        assert_eq!(error.kind, Kind::Unreachable);
        assert!(
            error.text.contains("redis://127.0.0.1:1/3") && !error.text.contains("secret"),
            "{error}"
        );
    }
}
