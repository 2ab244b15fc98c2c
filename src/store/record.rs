//! A value with metadata that may expire, as one run of bytes: the value, the metadata, and a tail of fixed length that
//! says when it expires and where the metadata begins. The value comes first, so that it is never moved to be stored.

use bytes::Bytes;

use super::error::Kind;
use super::payload::Payload;
use super::{Reply, Result, Space, StoreError, Write};

/// When a record expires that never does.
pub const NEVER: f64 = f64::INFINITY;

/// Milliseconds since the Unix epoch (8 bytes), and the length of the metadata (4 bytes).
pub const TAIL_BYTES: usize = 12;

#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub value: Bytes,
    pub metadata: Bytes,
    pub expires_ms: f64,
}

impl Record {
    /// The bytes of a record with this value. Nothing moves if `value` has room for the rest.
    pub fn write(value: impl Into<Payload>, metadata: &[u8], expires_ms: f64) -> Bytes {
        let mut record = value.into();
        record.reserve(metadata.len() + TAIL_BYTES);
        record.append(metadata);
        record.append(&expires_ms.to_le_bytes());
        record.append(&(metadata.len() as u32).to_le_bytes());
        record.into()
    }

    pub fn read(bytes: &Bytes) -> Result<Record> {
        Record::split(bytes).ok_or_else(|| {
            let text = "an entry cannot be read: its bytes are not what this version writes";
            StoreError::new(Kind::Corrupt, text)
        })
    }

    fn split(bytes: &Bytes) -> Option<Record> {
        let (rest, tail) = bytes.split_at_checked(bytes.len().checked_sub(TAIL_BYTES)?)?;
        let (expires, length) = tail.split_first_chunk::<8>()?;
        let length = u32::from_le_bytes(*length.first_chunk()?) as usize;
        let begin = rest.len().checked_sub(length)?;
        Some(Record {
            value: bytes.slice(..begin),
            metadata: bytes.slice(begin..rest.len()),
            expires_ms: f64::from_le_bytes(*expires),
        })
    }

    pub fn has_expired(&self, now_ms: f64) -> bool {
        self.expires_ms <= now_ms
    }
}

/// The record of a key, unless it has expired: then `removal` takes it away. A store that answers later may have been
/// written by others meanwhile, so there what has expired stays until it is overwritten.
pub async fn fresh<const WRITES: usize>(
    space: &dyn Space,
    key: &[u8],
    removal: impl FnOnce() -> [Write; WRITES],
    now_ms: f64,
) -> Result<Option<Record>> {
    let reply = space.get(key);
    let at_once = matches!(reply, Reply::Now(_));
    let Some(bytes) = reply.wait().await? else {
        return Ok(None);
    };
    let record = Record::read(&bytes)?;
    if !record.has_expired(now_ms) {
        return Ok(Some(record));
    }
    if at_once {
        space.apply(removal().into()).wait().await?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written() {
        let bytes = Record::write(b"value".to_vec(), b"metadata", 1500.0);
        let record = Record::read(&bytes).expect("it was written as a record");
        assert_eq!(
            (&record.value[..], &record.metadata[..]),
            (&b"value"[..], &b"metadata"[..])
        );
        assert!(record.has_expired(1500.0) && !record.has_expired(1499.0));
        let forever = Record::read(&Record::write(Vec::new(), b"", NEVER)).expect("an empty value is one too");
        assert!(forever.value.is_empty() && !forever.has_expired(f64::MAX));
    }

    #[test]
    fn other_bytes_are_no_record() {
        for other in [&b"short"[..], &[0xff; TAIL_BYTES]] {
            let error = Record::read(&Bytes::from_static(other)).expect_err("it is too short");
            assert_eq!(error.kind, Kind::Corrupt);
        }
    }
}
