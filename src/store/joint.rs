//! Writes to several stores as one step.
//!
//! What is to be written to each is a batch. Batches for one database, or one Redis server, are one write there. Several
//! folders agree on it in two phases (`rocks_joint.rs`). A server comes first, since it may refuse: nothing is written
//! then. Memory comes last: it cannot fail, and is gone with the process.

use std::rc::Rc;

use super::memory::MemorySpace;
use super::redis_claimed::{self, Claimed};
use super::rocks_joint::{self, Part};
use super::{Result, Write};

pub enum Batch {
    Memory(Vec<(Rc<MemorySpace>, Vec<Write>)>),
    Folder(Part),
    Server(Vec<(Rc<Claimed>, Vec<Write>)>),
}

/// Writes all batches. Answers when what they write survives, as after [`super::Space::sync`].
pub async fn commit(batches: Vec<Batch>) -> Result<()> {
    let (mut memory, mut folders, mut servers) = (Vec::new(), Vec::new(), Vec::new());
    for batch in batches {
        match batch {
            Batch::Memory(changes) => memory.extend(changes),
            Batch::Folder(part) => folders.push(part),
            Batch::Server(changes) => servers.extend(changes),
        }
    }
    redis_claimed::commit(servers).await?;
    rocks_joint::commit(folders).await?;
    for (space, writes) in memory {
        space.apply(writes);
    }
    Ok(())
}
