//! Ids of Durable Objects: 32 bytes, written as 64 hex digits, the last 8 bytes saying which namespace they belong to.
//!
//! The first bit tells the two kinds apart, so they never meet: it is set in an id derived from a name, and clear in a
//! unique one, which begins with its time.

use deno_error::JsError;
use sha2::{Digest, Sha256};

const BYTES: usize = 32;
const TAIL: usize = 24;
const NAMED: u8 = 0x80;

/// Random bytes of a unique id.
pub const RANDOM_BYTES: usize = 15;

/// Why there is no id.
#[derive(Debug, PartialEq, Eq, thiserror::Error, JsError)]
#[class(type)]
pub enum IdError {
    #[error("Invalid Durable Object ID. Durable Object IDs must be 64 hex digits.")]
    NotHex,
    #[error("Invalid Durable Object ID. The ID does not match this Durable Object class.")]
    Foreign,
    #[class(generic)]
    #[error("The system gave no random bytes for a Durable Object ID: {0}")]
    NotRandom(String),
}

/// The random part of a unique id.
pub fn random() -> Result<[u8; RANDOM_BYTES], IdError> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| IdError::NotRandom(error.to_string()))?;
    Ok(bytes)
}

/// The id that `name` has in the namespace bound as `binding`.
pub fn from_name(binding: &str, name: &str) -> String {
    let mut id: [u8; BYTES] = Sha256::new().chain_update(binding).chain_update(name).finalize().into();
    id[0] |= NAMED;
    finish(id, binding)
}

/// A new id: its time in milliseconds, and 15 random bytes.
pub fn unique(binding: &str, now_ms: u64, random: [u8; RANDOM_BYTES]) -> String {
    let mut id = [0; BYTES];
    id[1..9].copy_from_slice(&now_ms.to_be_bytes());
    id[9..TAIL].copy_from_slice(&random);
    finish(id, binding)
}

/// The id that `text` is. Upper-case digits are digits, but in the last 8 bytes they belong to no namespace.
pub fn parse(binding: &str, text: &str) -> Result<String, IdError> {
    if text.len() != 2 * BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(IdError::NotHex);
    }
    if !text.ends_with(&hex::encode(tail(binding))) {
        return Err(IdError::Foreign);
    }
    Ok(text.to_ascii_lowercase())
}

fn finish(mut id: [u8; BYTES], binding: &str) -> String {
    id[TAIL..].copy_from_slice(&tail(binding));
    hex::encode(id)
}

fn tail(binding: &str) -> [u8; BYTES - TAIL] {
    let hash = Sha256::digest(binding);
    std::array::from_fn(|index| hash[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED_TEST: &str = "a856dbbd5109f5217920084de35ee0a24072ca790341ed4e94ee059335e587e5";

    #[test]
    fn names_have_the_ids_they_have_always_had() {
        assert_eq!(from_name("TEST", "test"), NAMED_TEST);
        assert_eq!(
            from_name("OBJ", "test"),
            "cb2c1c98032ff982ed0ae3295d657a13d5e2265df0260f79efc7d8331b43d049"
        );
        assert_eq!(
            from_name("OBJ", ""),
            "efc7d8331b43d049442a40dd20e6314709fd079c978fc2dfefc7d8331b43d049"
        );
    }

    #[test]
    fn unique_ids_hold_their_time_and_their_namespace() {
        let id = unique("TEST", 0x0102_0304_0506, [0xab; RANDOM_BYTES]);
        assert_eq!(
            id,
            format!("000000010203040506{}{}", "ab".repeat(RANDOM_BYTES), &NAMED_TEST[48..])
        );
    }

    #[test]
    fn only_a_namespaces_own_ids_are_parsed() {
        assert_eq!(parse("TEST", NAMED_TEST).as_deref(), Ok(NAMED_TEST));
        let upper_head = NAMED_TEST[..48].to_ascii_uppercase() + &NAMED_TEST[48..];
        assert_eq!(parse("TEST", &upper_head).as_deref(), Ok(NAMED_TEST));
        assert_eq!(parse("TEST", &NAMED_TEST.to_ascii_uppercase()), Err(IdError::Foreign));
        assert_eq!(parse("OBJ", NAMED_TEST), Err(IdError::Foreign));
        for text in ["", "short", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(parse("TEST", text), Err(IdError::NotHex), "{text}");
        }
    }
}
