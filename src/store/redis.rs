//! Redis, the store of many processes.
//!
//! A space that is shared is asked over the network, and answers later. A space that was claimed belongs to this process
//! alone: it is fetched whole, answers from memory, and sends its writes on in order. When the claim may be lost, because the
//! server could not be reached for a while, the space refuses everything: whoever has it must claim it again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt, Shared, TryFutureExt};
use redis::Value;
use tokio::runtime::Handle;

use super::error::{Kind, StoreError};
use super::memory::{Entries, list_of};
use super::range::{Entry, Range};
use super::redis_link::Link;
use super::redis_scripts::{FENCED, Keys};
use super::{Reply, Result, Space, Store, Write};
use crate::limits::{REDIS_CLAIM, REDIS_CLAIM_PAUSE};

type Wait = Shared<BoxFuture<'static, Result<()>>>;

pub struct RedisStore {
    server: Arc<Server>,
    claimed: RefCell<HashMap<String, Weak<Claimed>>>,
}

struct Server {
    link: Link,
    keys: Arc<Keys>,
    background: Handle,
    /// Counts the writes of the session.
    writes: Mutex<u64>,
}

impl Server {
    /// Sends a write; its number and its place in the queue are taken together.
    fn apply(&self, space: &str, claim: &str, writes: &[Write], done: impl FnOnce(Result<Value>) + Send + 'static) {
        let mut number = lock(&self.writes);
        *number += 1;
        self.link.send(self.keys.apply(space, claim, *number, writes), done);
    }
}

thread_local! {
    /// By URL and room: instances of one thread share a store, and so the objects that it has claimed.
    static STORES: RefCell<HashMap<(String, &'static str), Weak<RedisStore>>> = RefCell::default();
}

impl RedisStore {
    /// The store of `room` at `url`. It connects when something is first asked of it.
    pub fn open(url: &str, room: &'static str, background: &Handle) -> Result<Rc<RedisStore>> {
        let name = (url.to_string(), room);
        let living = STORES.with_borrow(|stores| stores.get(&name).and_then(Weak::upgrade));
        if let Some(store) = living {
            return Ok(store);
        }
        let store = Rc::new(RedisStore::new(url, room, background)?);
        STORES.with_borrow_mut(|stores| {
            stores.retain(|_, store| store.strong_count() > 0);
            stores.insert(name, Rc::downgrade(&store));
        });
        Ok(store)
    }

    fn new(url: &str, room: &str, background: &Handle) -> Result<RedisStore> {
        let keys = Arc::new(Keys::new(room, session_name()?));
        let link = Link::new(url, keys.clone(), background)?;
        let server = Server {
            link,
            keys,
            background: background.clone(),
            writes: Mutex::new(0),
        };
        Ok(RedisStore {
            server: Arc::new(server),
            claimed: RefCell::default(),
        })
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
            server: self.server.clone(),
            name: name.into(),
        })
    }

    fn claim(&self, name: &str) -> (Rc<dyn Space>, Reply<()>) {
        let mut claimed = self.claimed.borrow_mut();
        let living = claimed
            .get(name)
            .and_then(Weak::upgrade)
            .filter(|space| space.is_sound());
        let space = living.unwrap_or_else(|| {
            claimed.retain(|_, space| space.strong_count() > 0);
            let space = Rc::new(Claimed::new(&self.server, name));
            claimed.insert(name.into(), Rc::downgrade(&space));
            space
        });
        let ready = space.sync();
        (space, ready)
    }

    fn answers_at_once(&self) -> bool {
        false
    }

    fn spaces(&self, prefix: &str) -> Reply<Vec<String>> {
        self.server.link.ask(self.server.keys.spaces(prefix), |names| {
            let names = list(names)
                .into_iter()
                .map(|name| String::from_utf8_lossy(&name).into_owned());
            Ok(names.collect())
        })
    }

    fn spaces_with(&self, key: &[u8]) -> Reply<Vec<(String, Bytes)>> {
        self.server.link.ask(self.server.keys.spaces_with(key), |found| {
            let pairs = pairs(list(found)).into_iter();
            Ok(pairs
                .map(|(name, value)| (String::from_utf8_lossy(&name).into_owned(), value))
                .collect())
        })
    }
}

/// A space that others may use as well.
struct SharedSpace {
    server: Arc<Server>,
    name: String,
}

impl Space for SharedSpace {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        self.server
            .link
            .ask(self.server.keys.get(&self.name, key), |value| Ok(bytes(value)))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let bounds = match range.bounds() {
            Some(bounds) if range.limit() > 0 => bounds,
            _ => return Reply::Now(Ok(Vec::new())),
        };
        self.server
            .link
            .ask(self.server.keys.list(&self.name, range, bounds), |found| {
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
        self.server.apply(&self.name, "", &writes, |answer| {
            let _ = sender.send(answer.map(drop));
        });
        Reply::Later(answered(applied))
    }

    /// A write is answered when Redis has it.
    fn sync(&self) -> Reply<()> {
        Reply::Now(Ok(()))
    }
}

/// A space that this process alone uses.
struct Claimed {
    server: Arc<Server>,
    name: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    entries: Entries,
    /// The number of the claim; empty until it is made.
    claim: String,
    /// How often the session had lapsed by then.
    lapses: u64,
    failure: Option<StoreError>,
    /// The claim, or the last write.
    last: Option<Wait>,
}

impl Claimed {
    fn new(server: &Arc<Server>, name: &str) -> Claimed {
        let state = Arc::<Mutex<State>>::default();
        let (sender, claimed) = oneshot::channel();
        lock(&state).last = Some(answered(claimed).shared());
        let claiming = Claiming {
            server: server.clone(),
            name: name.into(),
            state: state.clone(),
            deadline: Instant::now() + REDIS_CLAIM,
        };
        claiming.ask(sender);
        Claimed {
            server: server.clone(),
            name: name.into(),
            state,
        }
    }

    fn is_sound(&self) -> bool {
        let state = lock(&self.state);
        state.claim.is_empty() && state.failure.is_none() || self.check(&state).is_ok()
    }

    /// Whether it still belongs to this process.
    fn check(&self, state: &State) -> Result<()> {
        let session = &self.server.link.session;
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None if state.claim.is_empty() => Err(StoreError::other("a space is used that is not claimed yet")),
            None if session.lasts() && session.lapses() == state.lapses => Ok(()),
            None => Err(StoreError::new(
                Kind::Unreachable,
                format!(
                    "{} could not be reached in time: others may use the object by now.",
                    self.server.link.name
                ),
            )),
        }
    }
}

impl Space for Claimed {
    fn get(&self, key: &[u8]) -> Reply<Option<Bytes>> {
        let state = lock(&self.state);
        Reply::Now(self.check(&state).map(|()| state.entries.get(key).cloned()))
    }

    fn list(&self, range: &Range) -> Reply<Vec<Entry>> {
        let state = lock(&self.state);
        Reply::Now(self.check(&state).map(|()| list_of(&state.entries, range)))
    }

    fn apply(&self, writes: Vec<Write>) -> Reply<()> {
        let mut state = lock(&self.state);
        if let Err(error) = self.check(&state) {
            return Reply::Now(Err(error));
        }
        if writes.is_empty() {
            return Reply::Now(Ok(()));
        }
        let (sender, applied) = oneshot::channel();
        let (shared, name) = (self.state.clone(), self.server.link.name.clone());
        self.server.apply(&self.name, &state.claim, &writes, move |answer| {
            let answer = answer.and_then(|answer| match answer {
                Value::Int(FENCED) => Err(lost(&name)),
                _ => Ok(()),
            });
            if let Err(error) = &answer {
                lock(&shared).failure.get_or_insert(error.clone());
            }
            let _ = sender.send(answer);
        });
        state.last = Some(answered(applied).shared());
        super::memory::apply_to(&mut state.entries, writes);
        Reply::Now(Ok(()))
    }

    fn sync(&self) -> Reply<()> {
        let mut state = lock(&self.state);
        if let Some(last) = state.last.take_if(|last| last.peek().is_none()) {
            state.last = Some(last.clone());
            return Reply::Later(last.boxed());
        }
        Reply::Now(self.check(&state))
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        let claim = lock(&self.state).claim.clone();
        self.server
            .link
            .send(self.server.keys.release(&self.name, &claim), drop);
    }
}

/// A claim on its way: asked for again while another session has the space.
struct Claiming {
    server: Arc<Server>,
    name: String,
    state: Arc<Mutex<State>>,
    deadline: Instant,
}

impl Claiming {
    fn ask(self, done: oneshot::Sender<Result<()>>) {
        let server = self.server.clone();
        server.link.send(server.keys.claim(&self.name), move |answer| {
            match answer.map(|answer| self.take(answer)) {
                Ok(None) => drop(done.send(Ok(()))),
                Ok(Some(_)) if Instant::now() < self.deadline => self.ask_later(done),
                Ok(Some(owner)) => {
                    let error = taken(&self.name, &owner);
                    self.fail(done, error);
                }
                Err(error) => self.fail(done, error),
            }
        });
    }

    fn ask_later(self, done: oneshot::Sender<Result<()>>) {
        let background = self.server.background.clone();
        background.spawn(async move {
            tokio::time::sleep(REDIS_CLAIM_PAUSE).await;
            self.ask(done);
        });
    }

    /// Takes what Redis answered; whose the space is, if it is another's.
    fn take(&self, answer: Value) -> Option<String> {
        let Value::Array(mut parts) = answer else {
            return Some("a server that answers what it was not asked".into());
        };
        if parts.len() < 3 {
            return parts.pop().map(text);
        }
        let entries = pairs(parts.pop().map(list).unwrap_or_default());
        let mut state = lock(&self.state);
        state.claim = parts.pop().map(text).unwrap_or_default();
        state.lapses = self.server.link.session.lapses();
        state.entries = entries.into_iter().collect();
        None
    }

    fn fail(self, done: oneshot::Sender<Result<()>>, error: StoreError) {
        lock(&self.state).failure = Some(error.clone());
        drop(done.send(Err(error)));
    }
}

fn taken(space: &str, owner: &str) -> StoreError {
    let seconds = REDIS_CLAIM.as_secs();
    StoreError::new(
        Kind::Claimed,
        format!(
            "The object {space} is in use by another process ({owner}), which did not let go of it within {seconds} s: \
             dispose of the instance there, or end that process."
        ),
    )
}

fn lost(server: &str) -> StoreError {
    StoreError::new(
        Kind::Claimed,
        format!("{server} refused a write: another process has taken the object over since."),
    )
}

/// An answer that comes by a channel, whose other end lives as long as its command is under way.
fn answered(answer: oneshot::Receiver<Result<()>>) -> BoxFuture<'static, Result<()>> {
    let ended = |_| Err(StoreError::other("The store is not in use any more."));
    answer.unwrap_or_else(ended).boxed()
}

fn bytes(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(bytes.into()),
        _ => None,
    }
}

fn text(value: Value) -> String {
    String::from_utf8_lossy(&bytes(value).unwrap_or_default()).into_owned()
}

/// The strings of an array, which Redis may also give as a map.
fn list(value: Value) -> Vec<Vec<u8>> {
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

fn pairs(flat: Vec<Vec<u8>>) -> Vec<Entry> {
    let mut items = flat.into_iter();
    let mut pairs = Vec::with_capacity(items.len() / 2);
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        pairs.push((key, value.into()));
    }
    pairs
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::{Child, Command, Stdio};

    use super::super::conformance::{self, answer, delete, get, keys, put};
    use super::*;

    /// A server of the test's own, on a socket in a folder that goes with it.
    struct TestServer {
        folder: PathBuf,
        process: Child,
        background: Handle,
    }

    impl TestServer {
        fn start(name: &str) -> TestServer {
            let folder = std::env::temp_dir().join(format!("miniflare-rs-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
            let socket = folder.join("socket");
            let process = Command::new("redis-server")
                .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
                .arg(&socket)
                .stdout(Stdio::null())
                .spawn()
                .expect("redis-server starts: npm run setup installs it");
            let (sender, handle) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime starts");
                sender.send(runtime.handle().clone()).expect("the test waits for it");
                runtime.block_on(std::future::pending::<()>());
            });
            let background = handle.recv().expect("the background thread starts");
            TestServer {
                folder,
                process,
                background,
            }
        }

        fn store(&self) -> RedisStore {
            let url = format!("redis+unix://{}", self.folder.join("socket").display());
            RedisStore::new(&url, "test", &self.background).expect("the URL is one")
        }
    }

    impl Drop for TestServer {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
            let _ = std::fs::remove_dir_all(&self.folder);
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
        conformance::check(&server.store());
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
        answer(first.server.link.ask(first.server.keys.end_session(), |_| Ok(()))).expect("it answers");
        first.server.link.send(first.server.keys.release("object", "1"), drop);
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
        let store = RedisStore::new("redis://user:secret@127.0.0.1:1/3", "test", &server.background);
        let store = store.unwrap_or_else(|error| panic!("{error}"));
        let error = answer(store.space("s").get(b"a")).expect_err("nobody listens there");
        assert_eq!(error.kind, Kind::Unreachable);
        assert!(
            error.text.contains("redis://127.0.0.1:1/3") && !error.text.contains("secret"),
            "{error}"
        );
    }
}
