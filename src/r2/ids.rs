//! Random texts that name versions, uploads, parts and pieces.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::error::Result;
use crate::store::StoreError;

/// Characters of a version.
const VERSION_LENGTH: usize = 32;

/// The version of an object: 32 characters of Base64.
pub fn version() -> Result<String> {
    let mut text = STANDARD.encode(random::<VERSION_LENGTH>()?);
    text.truncate(VERSION_LENGTH);
    Ok(text)
}

/// The id of an upload, or the tag of a part: 171 characters of the Base64 of URLs.
pub fn upload() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<128>()?))
}

/// The id of a piece.
pub fn piece() -> Result<String> {
    Ok(hex::encode(random::<16>()?))
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::other(error.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn have_the_lengths_of_those_of_miniflare_2() {
        let lengths = [version(), upload(), piece()].map(|id| id.map_or(0, |id| id.len()));
        assert_eq!(lengths, [32, 171, 32]);
    }
}
