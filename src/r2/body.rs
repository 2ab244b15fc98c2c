//! Bodies on their way out of a bucket, chunk by chunk. What is read stays as it was, even if its object is replaced or
//! deleted meanwhile; only on a server its later parts may be gone.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use super::bucket::{Bucket, value_key};
use super::error::{R2Error, Result};
use super::object::Piece;
use super::range::Span;
use super::received::{Receiver, elsewhere};
use crate::realm::value::{self, Value};
use crate::store::Space;
use crate::store::large_values::{OpenValue, ValueId};

/// The values under way of a worker, or of an instance in Node, by number.
#[derive(Default)]
pub struct Transfers {
    last: Cell<u32>,
    bodies: RefCell<BTreeMap<u32, Rc<Body>>>,
    receivers: RefCell<BTreeMap<u32, Rc<Receiver>>>,
}

impl Transfers {
    fn next(&self) -> u32 {
        self.last.set(self.last.get().wrapping_add(1));
        self.last.get()
    }

    pub fn add_body(&self, body: Body) -> u32 {
        let number = self.next();
        self.bodies.borrow_mut().insert(number, Rc::new(body));
        number
    }

    pub fn body(&self, number: u32) -> Result<Rc<Body>> {
        self.bodies.borrow().get(&number).cloned().ok_or(R2Error::Gone)
    }

    pub fn add_receiver(&self, receiver: Receiver) -> u32 {
        let number = self.next();
        self.receivers.borrow_mut().insert(number, Rc::new(receiver));
        number
    }

    pub fn receiver(&self, number: u32) -> Result<Rc<Receiver>> {
        self.receivers.borrow().get(&number).cloned().ok_or(R2Error::Gone)
    }

    /// What has this number is not needed any more.
    pub fn close(&self, number: u32) {
        self.bodies.borrow_mut().remove(&number);
        self.receivers.borrow_mut().remove(&number);
    }
}

pub struct Body {
    space: Rc<dyn Space>,
    left: RefCell<VecDeque<Part>>,
}

enum Part {
    Memory(Bytes),
    Entry { id: String, span: Span },
    File { file: Arc<OpenValue>, span: Span },
}

impl Part {
    fn length(&self) -> u64 {
        match self {
            Part::Memory(bytes) => bytes.len() as u64,
            Part::Entry { span, .. } | Part::File { span, .. } => span.length,
        }
    }
}

impl Body {
    pub fn of_bytes(bucket: &Bucket, bytes: Bytes) -> Body {
        Body {
            space: bucket.space.clone(),
            left: RefCell::new([Part::Memory(bytes)].into()),
        }
    }

    /// Some bytes of a value that is made of pieces.
    pub async fn of_pieces(bucket: &Bucket, pieces: Vec<Piece>, wanted: Span) -> Result<Body> {
        let mut left = VecDeque::new();
        let (mut begin, end) = (0, wanted.offset + wanted.length);
        for Piece { id, size, is_file } in pieces {
            let (from, to) = (wanted.offset.max(begin), end.min(begin + size));
            let span = Span {
                offset: from.saturating_sub(begin),
                length: to.saturating_sub(from),
            };
            begin += size;
            if span.length > 0 {
                left.push_back(part(bucket, id, is_file, span).await?);
            }
        }
        Ok(Body {
            space: bucket.space.clone(),
            left: RefCell::new(left),
        })
    }

    /// The next bytes, `most` at most; null at the end.
    pub async fn read(&self, most: u64) -> Result<Value> {
        Ok(match self.next(most).await? {
            Some(bytes) => Value::Bytes(bytes),
            None => Value::Null,
        })
    }

    /// All bytes that are left.
    pub async fn read_all(&self) -> Result<Value> {
        let length: u64 = self.left.borrow().iter().map(Part::length).sum();
        let first = self.next(length).await?;
        let Some(first) = first else {
            return Ok(Value::Bytes(value::Bytes::Owned(Vec::new())));
        };
        if first.as_slice().len() as u64 == length {
            return Ok(Value::Bytes(first));
        }
        let mut all = Vec::with_capacity(length as usize);
        all.extend_from_slice(first.as_slice());
        while let Some(bytes) = self.next(length).await? {
            all.extend_from_slice(bytes.as_slice());
        }
        Ok(Value::Bytes(value::Bytes::Owned(all)))
    }

    async fn next(&self, most: u64) -> Result<Option<value::Bytes>> {
        let Some(part) = self.left.borrow_mut().pop_front() else {
            return Ok(None);
        };
        match part {
            Part::Memory(bytes) => Ok(Some(self.cut(bytes, most))),
            Part::Entry { id, span } => {
                let bytes = bytes_of(&*self.space, &id, span).await?;
                Ok(Some(self.cut(bytes, most)))
            }
            Part::File { file, span } => {
                let (offset, length) = (span.offset, span.length.min(most));
                self.put_back(file.clone(), offset + length, span.length - length);
                let bytes = elsewhere(move || Ok(file.read(offset, length as usize)?)).await?;
                if bytes.len() as u64 == length {
                    Ok(Some(value::Bytes::Owned(bytes)))
                } else {
                    Err(R2Error::Gone)
                }
            }
        }
    }

    fn cut(&self, mut bytes: Bytes, most: u64) -> value::Bytes {
        let chunk = bytes.split_to(bytes.len().min(most as usize));
        if !bytes.is_empty() {
            self.left.borrow_mut().push_front(Part::Memory(bytes));
        }
        value::Bytes::Stored(chunk)
    }

    fn put_back(&self, file: Arc<OpenValue>, offset: u64, length: u64) {
        if length > 0 {
            let span = Span { offset, length };
            self.left.borrow_mut().push_front(Part::File { file, span });
        }
    }
}

/// Some bytes of a piece. Those that this process has are taken along at once: entries in memory cost nothing, and those of a
/// folder are short.
async fn part(bucket: &Bucket, id: String, is_file: bool, span: Span) -> Result<Part> {
    match &bucket.files {
        Some(files) if is_file => {
            let id = ValueId::of_text(&id).ok_or(R2Error::Gone)?;
            let file = Arc::new(files.open(id));
            Ok(Part::File { file, span })
        }
        _ if is_file => Err(R2Error::Gone),
        _ if bucket.is_server => Ok(Part::Entry { id, span }),
        _ => Ok(Part::Memory(bytes_of(&*bucket.space, &id, span).await?)),
    }
}

async fn bytes_of(space: &dyn Space, id: &str, span: Span) -> Result<Bytes> {
    let bytes = space.get(&value_key(id)).wait().await?.ok_or(R2Error::Gone)?;
    let (from, to) = (span.offset as usize, (span.offset + span.length) as usize);
    if to > bytes.len() {
        return Err(R2Error::Gone);
    }
    Ok(bytes.slice(from..to))
}
