//! The thread of a database that syncs the disk: all that ask for a sync while one runs share the next.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use futures::channel::oneshot;

use super::Result;
use super::database::Database;

/// A caller that waits for a sync, which must begin after it asked.
pub struct Job {
    pub database: Arc<Database>,
    pub write: u64,
    pub done: oneshot::Sender<Result<()>>,
}

/// Starts a database's thread for syncs. It ends when the database does.
pub fn start_syncing() -> std::io::Result<Sender<Job>> {
    let (sender, jobs) = channel();
    let thread = std::thread::Builder::new().name("miniflare-rs sync".into());
    thread.spawn(move || sync_for(&jobs))?;
    Ok(sender)
}

fn sync_for(jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let shared: Vec<Job> = std::iter::once(first).chain(jobs.try_iter()).collect();
        let Some(Job { database, .. }) = shared.first() else {
            return;
        };
        let synced = database.flush(true);
        for Job { database, write, done } in shared {
            let answer = synced.clone().and_then(|()| database.check(write));
            // A caller that learns that all is safe may open the folder elsewhere: it is released before.
            drop(database);
            let _ = done.send(answer);
        }
    }
}
