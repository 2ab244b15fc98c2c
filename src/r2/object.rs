//! What is known of an object, and how it lies in its bucket's space: whole under one key, with its value or what the value
//! is made of, and without those under another, so that a list reads no values (`store/indexed.rs`).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::error::Result;
use crate::realm::value::{self, Value};
use crate::store::error::Kind;
use crate::store::indexed::{ENTRY, INDEX, prefixed};
use crate::store::payload::Payload;
use crate::store::record::{NEVER, Record};
use crate::store::{Space, StoreError, Write};

/// A value, or a part of one, that lies by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The number of its entry in the space, or of its file.
    pub id: String,
    pub size: u64,
    pub is_file: bool,
}

/// An object without its value. Times are in milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub version: String,
    pub size: u64,
    pub etag: String,
    pub uploaded_ms: f64,
    /// Names of algorithms and digests, in hexadecimal digits, by turns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checksums: Vec<String>,
    /// The metadata, as JSON that only JavaScript reads.
    pub metadata: String,
    /// The MD5 of the key that the caller keeps, in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssec_key_md5: Option<String>,
    /// What the value is made of if it does not lie in the entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<Piece>,
    /// In an index, which has no pieces: whether there are some.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_pieces: bool,
    /// The value, while the tag is not computed yet (`tag.rs`).
    #[serde(skip)]
    pub untagged: Option<Bytes>,
}

impl Head {
    /// As JavaScript gets it: `[version, size, etag, uploaded, checksums, metadata, ssecKeyMd5]`. In the place of a tag that is
    /// not computed yet is the value.
    pub fn to_value(&self) -> Value {
        let checksums = self.checksums.iter().map(|text| text.as_str().into());
        let untagged = self.untagged.clone();
        Value::List(vec![
            self.version.as_str().into(),
            Value::Number(self.size as f64),
            untagged.map_or_else(
                || self.etag.as_str().into(),
                |value| Value::Bytes(value::Bytes::Shared(value)),
            ),
            Value::Number(self.uploaded_ms),
            Value::List(checksums.collect()),
            self.metadata.as_str().into(),
            self.ssec_key_md5.as_deref().map_or(Value::Undefined, Value::from),
        ])
    }

    /// The tag and the time that conditions ask about.
    pub fn for_condition(&self) -> (&str, f64) {
        (&self.etag, self.uploaded_ms)
    }

    /// Both writes that store an object, with a value that lies in its entry.
    pub fn writes(&mut self, key: &str, value: Payload) -> Result<[Write; 2]> {
        let index = Head {
            pieces: Vec::new(),
            has_pieces: !self.pieces.is_empty(),
            ..self.clone()
        };
        let entry = record(value, self)?;
        if self.etag.is_empty() {
            self.untagged = Some(entry.slice(..self.size as usize));
        }
        Ok([
            (
                prefixed(INDEX, key.as_bytes()),
                Some(record(Payload::default(), &index)?),
            ),
            (prefixed(ENTRY, key.as_bytes()), Some(entry)),
        ])
    }

    /// A tag that is the MD5 of the value, and the only digest.
    pub fn set_tag(&mut self, md5: String) {
        self.checksums = vec!["md5".into(), md5.clone()];
        self.etag = md5;
        self.untagged = None;
    }

    pub fn read(bytes: &Bytes) -> Result<(Head, Bytes)> {
        let Record { value, metadata, .. } = Record::read(bytes)?;
        Ok((from_json(&metadata)?, value))
    }
}

/// What is known of an object, without its pieces.
pub async fn index(space: &dyn Space, key: &str) -> Result<Option<Head>> {
    let Some((mut head, _)) = read(space, INDEX, key).await? else {
        return Ok(None);
    };
    if head.etag.is_empty() {
        head.untagged = read(space, ENTRY, key).await?.map(|(_, value)| value);
    }
    Ok(Some(head))
}

/// An object with the value that lies in its entry. A tag that was computed later is in its index.
pub async fn entry(space: &dyn Space, key: &str) -> Result<Option<(Head, Bytes)>> {
    let Some((mut head, value)) = read(space, ENTRY, key).await? else {
        return Ok(None);
    };
    if head.etag.is_empty() {
        match read(space, INDEX, key).await? {
            Some((index, _)) if !index.etag.is_empty() => head.set_tag(index.etag),
            _ => head.untagged = Some(value.clone()),
        }
    }
    Ok(Some((head, value)))
}

async fn read(space: &dyn Space, kind: u8, key: &str) -> Result<Option<(Head, Bytes)>> {
    let found = space.get(&prefixed(kind, key.as_bytes())).wait().await?;
    found.map(|bytes| Head::read(&bytes)).transpose()
}

pub fn record(value: Payload, head: &Head) -> Result<Bytes> {
    Ok(Record::write(value, &to_json(head)?, NEVER))
}

pub fn to_json(stored: &impl Serialize) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(stored).map_err(|error| StoreError::other(error.to_string()))?)
}

pub fn from_json<'json, T: Deserialize<'json>>(json: &'json [u8]) -> Result<T> {
    Ok(serde_json::from_slice(json).map_err(|error| {
        let text = format!("an entry cannot be read: its bytes are not what this version writes ({error})");
        StoreError::new(Kind::Corrupt, text)
    })?)
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::store::memory::MemorySpace;

    #[test]
    fn is_read_as_it_was_written_and_its_index_has_no_pieces() {
        let space = MemorySpace::default();
        let mut head = Head {
            version: "v".into(),
            size: 3,
            etag: "e".into(),
            uploaded_ms: 1.5,
            checksums: vec!["md5".into(), "00".into()],
            metadata: "{\"a\":\"\u{1f44b}\"}".into(),
            ssec_key_md5: None,
            pieces: vec![Piece {
                id: "1".into(),
                size: 3,
                is_file: true,
            }],
            has_pieces: false,
            untagged: None,
        };
        space.apply(head.writes("key", b"abc".to_vec().into()).expect("it can be written"));
        let (entry, value) = block_on(entry(&space, "key")).ok().flatten().expect("it is there");
        assert_eq!((&entry, &value[..]), (&head, &b"abc"[..]));
        let index = block_on(index(&space, "key")).ok().flatten().expect("it is there");
        assert!(index.pieces.is_empty() && index.has_pieces);
        assert_eq!(index.etag, head.etag);
    }
}
