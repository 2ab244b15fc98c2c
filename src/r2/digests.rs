//! The digests of a value: its MD5, which is its tag, and one that the caller names, which must be the one that was given.

use md5::Md5;
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::error::{R2Error, Result};

/// A digest that a value must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub algorithm: Algorithm,
    /// In lower-case hexadecimal digits.
    pub digest: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// By the name of its option.
    pub fn named(name: &str) -> Option<Algorithm> {
        Some(match name {
            "md5" => Algorithm::Md5,
            "sha1" => Algorithm::Sha1,
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            _ => return None,
        })
    }

    /// The name of its option, and that of the standard.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Algorithm::Md5 => ("md5", "MD5"),
            Algorithm::Sha1 => ("sha1", "SHA-1"),
            Algorithm::Sha256 => ("sha256", "SHA-256"),
            Algorithm::Sha384 => ("sha384", "SHA-384"),
            Algorithm::Sha512 => ("sha512", "SHA-512"),
        }
    }
}

/// Digests under way.
pub struct Digests {
    md5: Md5,
    other: Option<(Expected, Option<Box<dyn DynDigest + Send>>)>,
}

impl Digests {
    pub fn new(expected: Option<Expected>) -> Digests {
        let other = expected.map(|expected| {
            let digest: Option<Box<dyn DynDigest + Send>> = match expected.algorithm {
                Algorithm::Md5 => None,
                Algorithm::Sha1 => Some(Box::<Sha1>::default()),
                Algorithm::Sha256 => Some(Box::<Sha256>::default()),
                Algorithm::Sha384 => Some(Box::<Sha384>::default()),
                Algorithm::Sha512 => Some(Box::<Sha512>::default()),
            };
            (expected, digest)
        });
        Digests { md5: Md5::new(), other }
    }

    /// Whether there is a digest that the value must have.
    pub fn are_expected(&self) -> bool {
        self.other.is_some()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        Digest::update(&mut self.md5, bytes);
        if let Some((_, Some(digest))) = &mut self.other {
            digest.update(bytes);
        }
    }

    /// The MD5, and the name and the digits of each digest; an error when the expected digest is another.
    pub fn finish(self) -> Result<(String, Vec<String>)> {
        let md5 = hex::encode(self.md5.finalize());
        let mut checksums = vec!["md5".to_string(), md5.clone()];
        if let Some((expected, digest)) = self.other {
            let (option, name) = expected.algorithm.names();
            let found = digest.map_or_else(|| md5.clone(), |digest| hex::encode(digest.finalize()));
            if found != expected.digest {
                return Err(R2Error::Checksum(name));
            }
            if expected.algorithm != Algorithm::Md5 {
                checksums.extend([option.to_string(), found]);
            }
        }
        Ok((md5, checksums))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digests(name: &str, digest: &str) -> Result<(String, Vec<String>)> {
        let algorithm = Algorithm::named(name).expect("it is one");
        let digest = digest.into();
        let mut digests = Digests::new(Some(Expected { algorithm, digest }));
        digests.update(b"ab");
        digests.update(b"c");
        digests.finish()
    }

    #[test]
    fn are_of_all_bytes() {
        let (md5, sha1) = (
            "900150983cd24fb0d6963f7d28e17f72",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
        );
        let both = ["md5", md5, "sha1", sha1].map(String::from).to_vec();
        assert_eq!(digests("sha1", sha1), Ok((md5.into(), both)));
        assert_eq!(digests("md5", md5).map(|(_, checksums)| checksums.len()), Ok(2));
    }

    #[test]
    fn another_digest_is_refused_by_its_name() {
        for (name, shown) in [
            ("md5", "MD5"),
            ("sha256", "SHA-256"),
            ("sha384", "SHA-384"),
            ("sha512", "SHA-512"),
        ] {
            assert_eq!(digests(name, "00"), Err(R2Error::Checksum(shown)));
        }
    }
}
