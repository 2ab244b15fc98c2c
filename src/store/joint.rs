//! Writes to several stores as one step.
//!
//! What is to be written to each is a batch. Batches for one database, or one Redis server, are one write there. Several
//! folders, and what is stored in other ways, agree on it in two phases (`rocks_joint.rs`). If a server is among them, it
//! decides, since it may refuse; two servers cannot agree, because other processes use them meanwhile. Memory comes last: it
//! cannot fail, and is gone with the process.

use std::rc::Rc;

use super::memory::MemorySpace;
use super::redis_claimed::{self, Claimed};
use super::redis_decision;
use super::rocks_joint::{self, Part};
use super::rocks_pending::Token;
use super::{Result, StoreError, Write};

pub use super::rocks_pending::Pending as Decision;

pub enum Batch {
    Memory(Vec<(Rc<MemorySpace>, Vec<Write>)>),
    Folder(Part),
    Server(Server),
    /// What is stored in another way than by keys and values.
    Other(Box<dyn Participant>),
}

/// Takes part in writes to several stores, and is no database of keys.
pub trait Participant {
    /// Notes what is to be written, so that a later process can write it. It is to be written if the decision is made; without
    /// one, it is decided by this call.
    fn prepare(&self, decision: Option<Decision>) -> Result<()>;

    /// Writes it.
    fn finish(&self) -> Result<()>;
}

/// Writes all batches. Answers when what they write survives, as after [`super::Space::sync`].
pub async fn commit(batches: Vec<Batch>) -> Result<()> {
    let (mut memory, mut folders, mut servers, mut others) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for batch in batches {
        match batch {
            Batch::Memory(changes) => memory.extend(changes),
            Batch::Folder(part) => folders.push(part),
            Batch::Server(changes) => servers.extend(changes),
            Batch::Other(participant) => others.push(participant),
        }
    }
    servers.retain(|(_, writes)| !writes.is_empty());
    folders.retain(|part: &Part| part.changes.iter().any(|(_, writes)| !writes.is_empty()));
    match one_server(&servers)? {
        None => rocks_joint::commit(folders, others).await?,
        Some(_) if folders.is_empty() && others.is_empty() => redis_claimed::commit(servers, &[]).await?,
        Some(url) => commit_with_server(&url, servers, folders, others).await?,
    }
    for (space, writes) in memory {
        space.apply(writes);
    }
    Ok(())
}

type Server = Vec<(Rc<Claimed>, Vec<Write>)>;

async fn commit_with_server(
    url: &str,
    server: Server,
    folders: Vec<Part>,
    others: Vec<Box<dyn Participant>>,
) -> Result<()> {
    let spaces: Vec<_> = server.iter().map(|(space, _)| space.clone()).collect();
    let decide = async |tokens: &[Token]| redis_claimed::commit(server, &decisions(tokens)).await;
    let made = rocks_joint::commit_after(folders, others, url, decide).await?;
    if let Some(space) = spaces.first() {
        space.forget(&decisions(&made));
    }
    Ok(())
}

fn decisions(tokens: &[Token]) -> Vec<String> {
    tokens.iter().map(|token| redis_decision::key(*token)).collect()
}

/// The URL of the server that is written, if one is.
fn one_server(changes: &Server) -> Result<Option<String>> {
    let Some((first, _)) = changes.first() else {
        return Ok(None);
    };
    match changes.iter().find(|(space, _)| space.url() != first.url()) {
        None => Ok(Some(first.url().into())),
        Some((other, _)) => Err(StoreError::other(format!(
            "Nothing is restored or deleted: data on {} and on {} has to change for it, and two Redis servers cannot change in \
             one step. Store it on one server.",
            first.server_name(),
            other.server_name()
        ))),
    }
}
