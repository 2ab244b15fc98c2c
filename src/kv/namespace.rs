//! What may be asked of a namespace, one function each; limits and their texts are those of Miniflare 2.
//!
//! Entries lie in their space as `store/indexed.rs` says. Those that have expired are hidden, and taken away when they are
//! met; a store that answers later may have been written by others meanwhile, so there they stay until they are overwritten.

use std::rc::Rc;

use deno_error::JsError;
use thiserror::Error;

use super::limits;
use crate::store::indexed::{ENTRY, INDEX, prefixed, removal};
use crate::store::record::{self, NEVER, Record};
use crate::store::{Space, StoreError};

#[derive(Debug, PartialEq, Eq, Error, JsError)]
#[class(generic)]
pub enum KvError {
    #[error("KV {0} failed: 414 UTF-8 encoded length of {1} exceeds key length limit of {limit}.", limit = limits::KV_KEY_BYTES)]
    KeyTooLong(&'static str, usize),
    #[error("KV GET failed: 400 Invalid cache_ttl of {0}. Cache TTL must be at least {limit}.", limit = limits::KV_TTL_SECONDS)]
    CacheTtl(String),
    #[error("KV PUT failed: 413 Value length of {0} exceeds limit of {limit}.", limit = limits::KV_VALUE_BYTES)]
    ValueTooLong(usize),
    #[error("KV PUT failed: 413 Metadata length of {0} exceeds limit of {limit}.", limit = limits::KV_METADATA_BYTES)]
    MetadataTooLong(usize),
    #[error("KV PUT failed: 400 Invalid expiration_ttl of {0}. Please specify integer greater than 0.")]
    TtlNotPositive(String),
    #[error("KV PUT failed: 400 Invalid expiration_ttl of {0}. Expiration TTL must be at least {limit}.", limit = limits::KV_TTL_SECONDS)]
    TtlTooShort(String),
    #[error(
        "KV PUT failed: 400 Invalid expiration of {0}. Please specify integer greater than the current number of seconds since the UNIX epoch."
    )]
    ExpirationPast(String),
    #[error("KV PUT failed: 400 Invalid expiration of {0}. Expiration times must be at least {limit} seconds in the future.", limit = limits::KV_TTL_SECONDS)]
    ExpirationTooSoon(String),
    #[error("KV GET failed: 400 Invalid key_count_limit of {0}. Please specify an integer greater than 0.")]
    LimitNotPositive(String),
    #[error("KV GET failed: 400 Invalid key_count_limit of {0}. Please specify an integer less than {limit}.", limit = limits::KV_LIST_KEYS)]
    LimitTooLarge(String),
    #[class(inherit)]
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub type Result<T> = std::result::Result<T, KvError>;

/// When an entry expires, in seconds, with the number as the caller wrote it.
pub enum Expiry {
    Never,
    /// This long from now.
    After(f64, String),
    /// At this time since the Unix epoch.
    At(f64, String),
}

impl Expiry {
    /// Seconds since the Unix epoch; `NaN` is no time at all.
    fn at(self, now_ms: f64) -> Result<f64> {
        let now = (now_ms / 1000.0).floor();
        match self {
            Expiry::Never => Ok(NEVER),
            Expiry::After(ttl, shown) if ttl.is_nan() || ttl <= 0.0 => Err(KvError::TtlNotPositive(shown)),
            Expiry::After(ttl, shown) if ttl < limits::KV_TTL_SECONDS => Err(KvError::TtlTooShort(shown)),
            Expiry::After(ttl, _) => Ok(now + ttl),
            Expiry::At(time, shown) if time.is_nan() || time <= now => Err(KvError::ExpirationPast(shown)),
            Expiry::At(time, shown) if time < now + limits::KV_TTL_SECONDS => Err(KvError::ExpirationTooSoon(shown)),
            Expiry::At(time, _) => Ok(time),
        }
    }
}

fn check_key(method: &'static str, key: &str) -> Result<()> {
    if key.len() > limits::KV_KEY_BYTES {
        Err(KvError::KeyTooLong(method, key.len()))
    } else {
        Ok(())
    }
}

/// The entry of a key, unless it has expired. `cache_ttl` is checked, and means nothing where nothing is far away.
pub async fn get(space: Rc<dyn Space>, key: String, cache_ttl: Option<String>, now_ms: f64) -> Result<Option<Record>> {
    check_key("GET", &key)?;
    if let Some(shown) = cache_ttl
        && !shown.parse().is_ok_and(|ttl: f64| ttl >= limits::KV_TTL_SECONDS)
    {
        return Err(KvError::CacheTtl(shown));
    }
    let (name, entry) = (key.as_bytes(), prefixed(ENTRY, key.as_bytes()));
    Ok(record::fresh(&*space, &entry, || removal(name), now_ms).await?)
}

pub async fn put(
    space: Rc<dyn Space>,
    key: String,
    value: Vec<u8>,
    metadata: String,
    expiry: Expiry,
    now_ms: f64,
) -> Result<()> {
    check_key("PUT", &key)?;
    let expires_ms = expiry.at(now_ms)? * 1000.0;
    if value.len() > limits::KV_VALUE_BYTES {
        return Err(KvError::ValueTooLong(value.len()));
    }
    if metadata.len() > limits::KV_METADATA_BYTES {
        return Err(KvError::MetadataTooLong(metadata.len()));
    }
    let index = Record::write(Vec::new(), metadata.as_bytes(), expires_ms);
    let entry = Record::write(value, metadata.as_bytes(), expires_ms);
    let name = key.as_bytes();
    let writes = vec![
        (prefixed(INDEX, name), Some(index)),
        (prefixed(ENTRY, name), Some(entry)),
    ];
    Ok(space.commit(writes).wait().await?)
}

pub async fn delete(space: Rc<dyn Space>, key: String) -> Result<()> {
    check_key("DELETE", &key)?;
    Ok(space.commit(removal(key.as_bytes()).into()).wait().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: f64 = 1_000_500.0;

    #[test]
    fn expires_at_whole_seconds() {
        assert_eq!(Expiry::After(60.0, "60".into()).at(NOW_MS), Ok(1060.0));
        assert_eq!(Expiry::At(1060.0, "1060".into()).at(NOW_MS), Ok(1060.0));
        assert_eq!(Expiry::Never.at(NOW_MS), Ok(NEVER));
    }

    #[test]
    fn names_what_was_said() {
        let refused = |expiry: Expiry| expiry.at(NOW_MS).expect_err("it is too soon").to_string();
        assert_eq!(
            refused(Expiry::After(59.0, "59".into())),
            "KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60."
        );
        assert!(refused(Expiry::After(f64::NAN, "soon".into())).contains("Invalid expiration_ttl of soon."));
        assert!(refused(Expiry::At(1000.0, "1000".into())).contains("greater than the current number of seconds"));
        assert!(refused(Expiry::At(1059.0, "1059".into())).contains("at least 60 seconds in the future"));
    }
}
