//! A write to several folders as one step: all of it is there after the end of the process at any moment, or nothing.
//!
//! Each folder but the first prepares: it notes what is to be written, under a token, and where the first folder is. Then
//! the first writes its own part and, with it, the tokens. That decides it. The others write what they have noted, and the
//! tokens go. If a Redis server is written as well, it decides instead of the first folder. A process that goes on after a failure opens the folders again, and settles what they have noted as the next
//! process would: see `rocks_pending.rs`.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use rocksdb::WriteBatch;

use super::database::{Database, Durability};
use super::joint::Participant;
use super::rocks_key::{self, PENDING};
use super::rocks_pending::{Pending, TOKEN, Token, decided};
use super::rocks_space::fill;
use super::rocks_use::Use;
use super::{Result, StoreError, Write};

/// What is to be written to the spaces of one room.
pub struct Part {
    pub used: Rc<Use>,
    pub changes: Vec<(String, Vec<Write>)>,
}

/// The parts of one folder.
struct Share {
    database: Arc<Database>,
    parts: Vec<Part>,
}

impl Share {
    /// What is to be written, after what was written before.
    fn batch(&self) -> WriteBatch {
        let mut batch = WriteBatch::default();
        for Part { used, changes } in &self.parts {
            used.hand_on();
            for (name, writes) in changes {
                fill(&mut batch, &rocks_key::space(&used.full_name(name)), writes.clone());
            }
        }
        batch
    }

    async fn write(&self, batch: WriteBatch) -> Result<()> {
        let is_synced = |part: &Part| part.used.durability.get() == Durability::Sync;
        let durability = if self.parts.iter().any(is_synced) {
            Durability::Sync
        } else {
            Durability::Os
        };
        let write = self.database.write(batch)?;
        self.database.confirm(write, durability).wait().await
    }

    async fn prepare(&self, first: PathBuf, token: Token) -> Result<Token> {
        let mut batch = WriteBatch::default();
        batch.put(PENDING, Pending { token, first }.to_bytes(&self.batch()));
        self.write(batch).await?;
        Ok(token)
    }

    async fn finish(&self) -> Result<()> {
        let mut batch = self.batch();
        batch.delete(PENDING);
        self.write(batch).await
    }
}

fn shares(parts: Vec<Part>) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for part in parts {
        let database = part.used.database.clone();
        match shares.iter_mut().find(|share| Arc::ptr_eq(&share.database, &database)) {
            Some(share) => share.parts.push(part),
            None => shares.push(Share {
                database,
                parts: vec![part],
            }),
        }
    }
    shares
}

/// Writes all parts, or none of them. Answers when they survive what their folders promise.
pub async fn commit(parts: Vec<Part>, participants: Vec<Box<dyn Participant>>) -> Result<()> {
    let mut others = shares(parts);
    let Some(first) = others.pop() else {
        return participants.iter().try_for_each(|participant| {
            participant.prepare(None)?;
            participant.finish()
        });
    };
    if others.is_empty() && participants.is_empty() {
        return first.write(first.batch()).await;
    }
    // Nothing is left undecided in it before others depend on it.
    first.database.read(|_| Ok(()))?;
    let prepared = Prepared::new(others, participants, first.database.name()).await?;
    let (mut decision, mut over) = (first.batch(), WriteBatch::default());
    for token in &prepared.tokens {
        decision.put(decided(*token), b"");
        over.delete(decided(*token));
    }
    first.write(decision).await?;
    prepared.finish().await?;
    // What is left of a token that cannot be taken away is never looked for.
    let _ = first.database.write(over);
    Ok(())
}

/// The same for parts that belong to what a server stores: `decide` writes that, and with it the tokens. `server` is its URL.
/// Returns the tokens, which are not looked for any more.
pub async fn commit_after(
    parts: Vec<Part>,
    participants: Vec<Box<dyn Participant>>,
    server: &str,
    decide: impl AsyncFnOnce(&[Token]) -> Result<()>,
) -> Result<Vec<Token>> {
    let prepared = Prepared::new(shares(parts), participants, server.into()).await?;
    let tokens = prepared.tokens.clone();
    decide(&tokens).await?;
    prepared.finish().await?;
    Ok(tokens)
}

/// Those that have noted what is to be written.
struct Prepared {
    shares: Vec<Share>,
    participants: Vec<Box<dyn Participant>>,
    tokens: Vec<Token>,
    undecided: Undecided,
}

impl Prepared {
    async fn new(shares: Vec<Share>, participants: Vec<Box<dyn Participant>>, first: PathBuf) -> Result<Prepared> {
        let undecided = Undecided(shares.iter().map(|share| share.database.clone()).collect());
        let mut tokens = Vec::with_capacity(shares.len() + participants.len());
        for share in &shares {
            tokens.push(share.prepare(first.clone(), token()?).await?);
        }
        for participant in &participants {
            let token = token()?;
            let first = first.clone();
            participant.prepare(Some(Pending { token, first }))?;
            tokens.push(token);
        }
        Ok(Prepared {
            shares,
            participants,
            tokens,
            undecided,
        })
    }

    async fn finish(self) -> Result<()> {
        for share in &self.shares {
            share.finish().await?;
        }
        self.undecided.settle();
        self.participants
            .iter()
            .try_for_each(|participant| participant.finish())
    }
}

/// Folders that the next use opens again, unless what they have prepared is settled.
struct Undecided(Vec<Arc<Database>>);

impl Undecided {
    fn settle(mut self) {
        self.0.clear();
    }
}

impl Drop for Undecided {
    fn drop(&mut self) {
        for database in &self.0 {
            database.give_up(StoreError::other(
                "A write to several folders was given up before it was known whether all have it.",
            ));
        }
    }
}

fn token() -> Result<Token> {
    let mut token = [0; TOKEN];
    getrandom::fill(&mut token).map_err(|error| StoreError::other(error.to_string()))?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{answer, get, put};
    use super::super::error::Kind;
    use super::super::joint::Batch;
    use super::super::redis::RedisStore;
    use super::super::redis_test_server::TestServer;
    use super::super::rocks::RocksStore;
    use super::super::{Space, Store, redis_claimed, redis_decision};
    use super::*;

    /// Two folders that go when they are dropped, each with one entry.
    struct Folders(PathBuf);

    impl Folders {
        fn new(name: &str) -> Folders {
            let folder = std::env::temp_dir().join(format!("miniflare-rs-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&folder);
            let folders = Folders(folder);
            for folder in ["first", "other"] {
                let space = folders.open(folder).space("s");
                answer(space.commit(vec![put("a", "before"), put("b", "before")])).expect("it writes");
            }
            folders
        }

        fn open(&self, folder: &str) -> RocksStore {
            RocksStore::new(self.0.join(folder), "test", Durability::Os)
        }

        fn share(&self, folder: &str) -> Share {
            let changes = vec![("s".into(), vec![put("a", "after"), ("b".into(), None)])];
            match self.open(folder).batch(changes) {
                Ok(Batch::Folder(part)) => shares(vec![part]).remove(0),
                _ => panic!("a folder has a part"),
            }
        }

        /// What the folders hold, opened in this order.
        fn read(&self, order: [&str; 2]) -> [(Option<String>, Option<String>); 2] {
            order.map(|folder| {
                let space: Rc<dyn Space> = self.open(folder).space("s");
                (get(&space, "a"), get(&space, "b"))
            })
        }

        /// Prepares a write, goes on as told, and ends as a process would.
        fn write(&self, go_on: impl FnOnce(&Share, &Share, Token)) {
            let (first, other) = (self.share("first"), self.share("other"));
            let token = token().expect("there are random numbers");
            futures::executor::block_on(other.prepare(first.database.name(), token)).expect("it writes");
            go_on(&first, &other, token);
        }
    }

    impl Drop for Folders {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn before() -> (Option<String>, Option<String>) {
        (Some("before".into()), Some("before".into()))
    }

    fn after() -> (Option<String>, Option<String>) {
        (Some("after".into()), None)
    }

    fn decide(first: &Share, token: Token) {
        let mut decision = first.batch();
        decision.put(decided(token), b"");
        futures::executor::block_on(first.write(decision)).expect("it writes");
    }

    const ORDERS: [[&str; 2]; 2] = [["first", "other"], ["other", "first"]];

    #[test]
    fn forgets_what_was_not_decided() {
        for order in ORDERS {
            let folders = Folders::new("undecided");
            folders.write(|_, _, _| {});
            assert_eq!(folders.read(order), [before(), before()]);
            assert_eq!(folders.read(order), [before(), before()]);
        }
    }

    #[test]
    fn finishes_what_was_decided() {
        for order in ORDERS {
            let folders = Folders::new("decided");
            folders.write(|first, _, token| decide(first, token));
            assert_eq!(folders.read(order), [after(), after()]);
            answer(folders.open("other").space("s").commit(vec![put("a", "later")])).expect("it writes");
            let [_, other] = folders.read(ORDERS[0]);
            assert_eq!(other, (Some("later".into()), None));
        }
    }

    #[test]
    fn leaves_alone_what_is_finished() {
        let folders = Folders::new("finished");
        folders.write(|first, other, token| {
            decide(first, token);
            futures::executor::block_on(other.finish()).expect("it writes");
        });
        assert_eq!(folders.read(ORDERS[1]), [after(), after()]);
    }

    #[test]
    fn forgets_what_a_deleted_folder_may_have_decided() {
        let folders = Folders::new("deleted");
        folders.write(|first, _, token| decide(first, token));
        std::fs::remove_dir_all(folders.0.join("first")).expect("it is there");
        let space: Rc<dyn Space> = folders.open("other").space("s");
        assert_eq!(get(&space, "a"), Some("before".into()));
        assert!(!folders.0.join("first").exists());
    }

    #[test]
    fn is_settled_by_the_next_use_after_a_failure() {
        let folders = Folders::new("failed");
        let (first, other) = (folders.share("first"), folders.share("other"));
        let undecided = Undecided(vec![other.database.clone()]);
        let token = token().expect("there are random numbers");
        futures::executor::block_on(other.prepare(first.database.name(), token)).expect("it writes");
        decide(&first, token);
        drop(undecided);
        assert_eq!(folders.read(ORDERS[1]), [after(), after()]);
    }

    /// What a folder holds after a server was to decide on a write to it, and did.
    fn decided_by_server(name: &str, is_decided: bool) -> (Option<String>, Option<String>) {
        let (folders, server) = (Folders::new(name), TestServer::start(name));
        let token = token().expect("there are random numbers");
        let other = folders.share("other");
        futures::executor::block_on(other.prepare(server.url().into(), token)).expect("it writes");
        drop(other);
        if is_decided {
            let space = RedisStore::open(&server.url(), "", "test", &server.background).expect("the URL is one");
            let Ok(Batch::Server(changes)) = space.batch(vec![("s".into(), vec![put("a", "1")])]) else {
                panic!("a server has a part")
            };
            answer(changes[0].0.sync()).expect("it can be claimed");
            let keys = [redis_decision::key(token)];
            futures::executor::block_on(redis_claimed::commit(changes, &keys)).expect("it writes");
        }
        let [found, again] = ["other", "other"].map(|folder| folders.read([folder, folder])[0].clone());
        assert_eq!(found, again);
        let is_known = redis_decision::is_made(&server.url(), token);
        assert_eq!(is_known, Ok(false), "the decision is not kept");
        found
    }

    #[test]
    fn does_as_a_server_has_decided() {
        assert_eq!(decided_by_server("made-by-server", true), after());
        assert_eq!(decided_by_server("not-made-by-server", false), before());
    }

    #[test]
    fn needs_the_server_that_decides() {
        let (folders, mut server) = (Folders::new("no-server"), TestServer::start("no-server"));
        let token = token().expect("there are random numbers");
        let other = folders.share("other");
        futures::executor::block_on(other.prepare(server.url().into(), token)).expect("it writes");
        drop(other);
        server.stop();
        let error = answer(folders.open("other").space("s").get(b"a")).expect_err("the server has ended");
        assert_eq!(error.kind, Kind::Unreachable);
        assert!(error.text.contains("was written together with the data on"), "{error}");
        assert!(error.text.contains("other"), "{error}");
    }

    #[test]
    fn writes_all_folders() {
        let folders = Folders::new("all");
        let parts = ["first", "other"].map(|folder| folders.share(folder).parts.remove(0));
        futures::executor::block_on(commit(parts.into(), Vec::new())).expect("they write");
        assert_eq!(folders.read(ORDERS[0]), [after(), after()]);
    }

    #[test]
    fn refuses_a_copy_that_depends_on_itself() {
        let folders = Folders::new("copied");
        folders.write(|_, _, _| {});
        std::fs::remove_dir_all(folders.0.join("first")).expect("it is there");
        std::fs::rename(folders.0.join("other"), folders.0.join("first")).expect("it is there");
        let refused = answer(folders.open("first").space("s").get(b"a"));
        assert_eq!(refused.map_err(|error| error.kind), Err(Kind::Corrupt));
    }
}
