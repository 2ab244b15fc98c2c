//! Writes to several stores as one step.
//!
//! What is to be written to each is a batch. Batches for one database, or one Redis server, are one write there. Several
//! folders, and what is stored in other ways, agree on it in two phases (`rocks_joint.rs`). A server comes first, since it may refuse: nothing is written
//! then. Memory comes last: it cannot fail, and is gone with the process.

use std::rc::Rc;

use super::memory::MemorySpace;
use super::redis_claimed::{self, Claimed};
use super::rocks_joint::{self, Part};
use super::{Result, Write};

pub use super::rocks_pending::Pending as Decision;

pub enum Batch {
    Memory(Vec<(Rc<MemorySpace>, Vec<Write>)>),
    Folder(Part),
    Server(Vec<(Rc<Claimed>, Vec<Write>)>),
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
    redis_claimed::commit(servers).await?;
    rocks_joint::commit(folders, others).await?;
    for (space, writes) in memory {
        space.apply(writes);
    }
    Ok(())
}
