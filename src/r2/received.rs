//! A value on its way into a bucket. It is digested as it arrives. A short one is kept in memory; once a longer one fills a
//! chunk, it goes to a file, if the store has files. Digests of many bytes, and files, are the work of other threads. A long
//! object in memory is not digested at all until its tag is asked for (`tag.rs`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::bucket::Bucket;
use super::digests::{Digests, Expected};
use super::error::{R2Error, Result};
use super::limits;
use super::object::Piece;
use crate::realm::background;
use crate::store::StoreError;
use crate::store::large_values::{LargeValues, NewValue};
use crate::store::payload::Payload;

/// Bytes that are kept in memory at most, if there are files: as many as a database takes without effort.
const KEPT_BYTES: usize = 1024 * 1024;

/// Bytes that this thread digests by itself, in about a tenth of a millisecond.
const DIGESTED_HERE_BYTES: usize = 64 * 1024;

pub struct Receiver {
    files: Option<Rc<LargeValues>>,
    /// Whether the values stay in the memory of this process.
    is_memory: bool,
    most: u64,
    length: Cell<u64>,
    /// `None` while it is written, and after a failure.
    state: RefCell<Option<State>>,
}

struct State {
    digests: Digests,
    /// What is neither digested nor in the file, if there are files; everything otherwise.
    kept: Payload,
    digested: usize,
    file: Option<NewValue>,
}

/// A value that has arrived.
pub struct Received {
    pub size: u64,
    /// Empty if it is computed when it is asked for.
    pub md5: String,
    pub checksums: Vec<String>,
    pub content: Content,
}

/// When a value's MD5 is computed: with the value, or when it is asked for, if the value is long and stays in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tagging {
    Now,
    Late,
}

pub enum Content {
    Memory(Payload),
    File(Piece),
}

impl Receiver {
    /// For a value that must have this digest.
    pub fn new(bucket: &Bucket, expected: Option<Expected>) -> Receiver {
        Receiver {
            files: bucket.files.clone(),
            is_memory: bucket.is_memory(),
            most: bucket.value_limit(),
            length: Cell::new(0),
            state: RefCell::new(Some(State {
                digests: Digests::new(expected),
                kept: Payload::default(),
                digested: 0,
                file: None,
            })),
        }
    }

    /// A value that is there as a whole.
    pub async fn whole(
        bucket: &Bucket,
        value: Payload,
        expected: Option<Expected>,
        tagging: Tagging,
    ) -> Result<Received> {
        let receiver = Receiver::new(bucket, expected);
        receiver.check(value.as_slice().len() as u64)?;
        if let Some(state) = &mut *receiver.state.borrow_mut() {
            state.kept = value;
        }
        receiver.finish(tagging).await
    }

    fn check(&self, more: u64) -> Result<()> {
        let length = self.length.get() + more;
        self.length.set(length);
        if length <= self.most {
            return Ok(());
        }
        self.state.take();
        Err(if length > limits::R2_VALUE_BYTES {
            R2Error::TooLong(length)
        } else {
            R2Error::TooLongForServer(length)
        })
    }

    /// Takes the next bytes.
    pub async fn add(&self, bytes: Vec<u8>) -> Result<()> {
        self.check(bytes.len() as u64)?;
        let mut state = self.state.take().ok_or(R2Error::Gone)?;
        if state.kept.as_slice().is_empty() {
            state.kept = bytes.into();
        } else {
            state.kept.append(&bytes);
        }
        let state = match &self.files {
            Some(files) if state.kept.as_slice().len() > KEPT_BYTES => state.write(files).await?,
            None if !self.is_memory => state.digest().await?,
            _ => state,
        };
        self.state.replace(Some(state));
        Ok(())
    }

    pub async fn finish(&self, tagging: Tagging) -> Result<Received> {
        let mut state = self.state.take().ok_or(R2Error::Gone)?;
        let size = self.length.get();
        let is_late = self.is_memory && tagging == Tagging::Late && size > DIGESTED_HERE_BYTES as u64;
        if is_late && !state.digests.are_expected() {
            return Ok(Received {
                size,
                md5: String::new(),
                checksums: Vec::new(),
                content: Content::Memory(state.kept),
            });
        }
        match &self.files {
            Some(files) if state.file.is_some() || state.kept.as_slice().len() > KEPT_BYTES => {
                state = state.write(files).await?;
            }
            _ => state = state.digest().await?,
        }
        let (md5, checksums) = state.digests.finish()?;
        let content = match state.file {
            Some(file) => Content::File(Piece {
                id: elsewhere(move || Ok(file.finish()?)).await?.text(),
                size,
                is_file: true,
            }),
            None => Content::Memory(state.kept),
        };
        Ok(Received {
            size,
            md5,
            checksums,
            content,
        })
    }
}

impl State {
    /// Digests what is kept, which stays.
    async fn digest(mut self) -> Result<State> {
        let length = self.kept.as_slice().len() - self.digested;
        let digest = move || {
            let kept = self.kept.as_slice();
            self.digests.update(&kept[self.digested..]);
            self.digested = kept.len();
            Ok(self)
        };
        if length <= DIGESTED_HERE_BYTES {
            digest()
        } else {
            elsewhere(digest).await
        }
    }

    /// Digests what is kept, and moves it into the file.
    async fn write(mut self, files: &LargeValues) -> Result<State> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => files.create()?,
        };
        elsewhere(move || {
            self.digests.update(self.kept.as_slice());
            file.append(self.kept.as_slice())?;
            self.kept = Payload::default();
            self.file = Some(file);
            Ok(self)
        })
        .await
    }
}

/// Does what takes long on a thread for such work.
pub async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = background::handle().spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError::other(error.to_string()).into()))
}
