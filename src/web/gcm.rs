//! AES-GCM with nonces and tags of any length that the standard allows: upstream has nonces of 12 and 16 bytes, and
//! decrypts with tags of 128 bits alone. As in NIST SP 800-38D.

use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockCipher, BlockEncrypt, BlockEncryptMut, BlockSizeUser, InnerIvInit, KeyInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use ctr::{Ctr32BE, CtrCore};
use deno_core::op2;
use deno_error::JsErrorBox;
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;

const BLOCK: usize = 16;
type Block = [u8; BLOCK];

/// What is encrypted or decrypted, and how.
struct Message<'a> {
    nonce: &'a [u8],
    additional: &'a [u8],
    data: &'a [u8],
    tag_bytes: usize,
}

#[op2]
#[buffer]
pub fn op_web_gcm_encrypt(
    #[buffer] key: &[u8],
    #[buffer] nonce: &[u8],
    #[buffer] additional: &[u8],
    #[buffer] data: &[u8],
    tag_bits: u32,
) -> Result<Vec<u8>, JsErrorBox> {
    let message = Message::new(require(nonce)?, additional, data, tag_bits);
    with_key(key, &message, encrypt::<Aes128>, encrypt::<Aes192>, encrypt::<Aes256>)
}

/// `data` ends with the tag.
#[op2]
#[buffer]
pub fn op_web_gcm_decrypt(
    #[buffer] key: &[u8],
    #[buffer] nonce: &[u8],
    #[buffer] additional: &[u8],
    #[buffer] data: &[u8],
    tag_bits: u32,
) -> Result<Vec<u8>, JsErrorBox> {
    let message = Message::new(require(nonce)?, additional, data, tag_bits);
    with_key(key, &message, decrypt::<Aes128>, decrypt::<Aes192>, decrypt::<Aes256>)?
        .ok_or_else(|| failed("Decryption failed"))
}

/// The mode is not defined for a nonce without a bit: two messages of one key would share their key stream.
fn require(nonce: &[u8]) -> Result<&[u8], JsErrorBox> {
    if nonce.is_empty() {
        return Err(failed("Invalid iv: AES-GCM needs at least one byte"));
    }
    Ok(nonce)
}

fn failed(reason: &str) -> JsErrorBox {
    JsErrorBox::new("DOMExceptionOperationError", reason.to_owned())
}

impl<'a> Message<'a> {
    fn new(nonce: &'a [u8], additional: &'a [u8], data: &'a [u8], tag_bits: u32) -> Self {
        let tag_bytes = tag_bits as usize / 8;
        Self {
            nonce,
            additional,
            data,
            tag_bytes,
        }
    }
}

fn with_key<T>(
    key: &[u8],
    message: &Message,
    short: fn(Aes128, &Message) -> T,
    middle: fn(Aes192, &Message) -> T,
    long: fn(Aes256, &Message) -> T,
) -> Result<T, JsErrorBox> {
    if let Ok(aes) = Aes128::new_from_slice(key) {
        return Ok(short(aes, message));
    }
    if let Ok(aes) = Aes192::new_from_slice(key) {
        return Ok(middle(aes, message));
    }
    let aes = Aes256::new_from_slice(key).map_err(|_| failed("an AES key has 128, 192 or 256 bits"))?;
    Ok(long(aes, message))
}

/// AES with a key of one length.
trait Aes: BlockCipher + BlockEncrypt + BlockEncryptMut + BlockSizeUser<BlockSize = aes::cipher::consts::U16> {}
impl<C: BlockCipher + BlockEncrypt + BlockEncryptMut + BlockSizeUser<BlockSize = aes::cipher::consts::U16>> Aes for C {}

fn encrypt<C: Aes>(aes: C, message: &Message) -> Vec<u8> {
    let mut sealed = message.data.to_vec();
    let (hash, mut stream, mask) = begin(aes, message.nonce);
    stream.apply_keystream(&mut sealed);
    let tag = tag(hash, mask, message.additional, &sealed);
    sealed.extend_from_slice(&tag[..message.tag_bytes]);
    sealed
}

/// Nothing when the tag is not the message's.
fn decrypt<C: Aes>(aes: C, message: &Message) -> Option<Vec<u8>> {
    let (sealed, given) = message
        .data
        .split_at_checked(message.data.len().checked_sub(message.tag_bytes)?)?;
    let (hash, mut stream, mask) = begin(aes, message.nonce);
    let tag = tag(hash, mask, message.additional, sealed);
    if !bool::from(tag[..message.tag_bytes].ct_eq(given)) {
        return None;
    }
    let mut open = sealed.to_vec();
    stream.apply_keystream(&mut open);
    Some(open)
}

/// The hash of this key, the key stream for the data, and what masks the tag.
fn begin<C: Aes>(aes: C, nonce: &[u8]) -> (GHash, Ctr32BE<C>, Block) {
    let mut hash_key = Block::default();
    aes.encrypt_block(GenericArray::from_mut_slice(&mut hash_key));
    let hash = GHash::new(GenericArray::from_slice(&hash_key));
    let counter = first_counter(&hash, nonce);
    let core = CtrCore::inner_iv_init(aes, GenericArray::from_slice(&counter));
    let mut stream = Ctr32BE::from_core(core);
    let mut mask = Block::default();
    stream.apply_keystream(&mut mask);
    (hash, stream, mask)
}

fn first_counter(hash: &GHash, nonce: &[u8]) -> Block {
    if nonce.len() == 12 {
        let mut counter = Block::default();
        counter[..12].copy_from_slice(nonce);
        counter[BLOCK - 1] = 1;
        return counter;
    }
    let mut hash = hash.clone();
    hash.update_padded(nonce);
    hash.update(&[lengths(0, nonce.len())]);
    hash.finalize().into()
}

fn tag(mut hash: GHash, mask: Block, additional: &[u8], sealed: &[u8]) -> Block {
    hash.update_padded(additional);
    hash.update_padded(sealed);
    hash.update(&[lengths(additional.len(), sealed.len())]);
    let mut tag: Block = hash.finalize().into();
    tag.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    tag
}

/// Two lengths in bits, as the last block that is hashed.
fn lengths(first: usize, second: usize) -> ghash::Block {
    let mut block = Block::default();
    block[..8].copy_from_slice(&(first as u64 * 8).to_be_bytes());
    block[8..].copy_from_slice(&(second as u64 * 8).to_be_bytes());
    block.into()
}

#[cfg(test)]
mod tests {
    use super::{Message, decrypt, encrypt};
    use aes::Aes128;
    use aes::cipher::KeyInit;

    const KEY: &str = "feffe9928665731c6d6a8f9467308308";
    const DATA: &str = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    const ADDITIONAL: &str = "feedfacedeadbeeffeedfacedeadbeefabaddad2";

    /// The tags of the specification's test cases 4 and 5, which differ by the nonce.
    #[test]
    fn makes_and_checks_the_tags_of_the_specification() {
        let (data, additional) = (hex::decode(DATA).unwrap(), hex::decode(ADDITIONAL).unwrap());
        let aes = || Aes128::new_from_slice(&hex::decode(KEY).unwrap()).unwrap();
        for (nonce, tag) in [
            ("cafebabefacedbaddecaf888", "5bc94fbc3221a5db94fae95ae7121a47"),
            ("cafebabefacedbad", "3612d2e79e3b0785561be14aaca2fccb"),
        ] {
            let nonce = hex::decode(nonce).unwrap();
            for bits in [32, 128] {
                let mut sealed = encrypt(aes(), &Message::new(&nonce, &additional, &data, bits));
                assert_eq!(hex::encode(&sealed[data.len()..]), tag[..bits as usize / 4]);
                let open = decrypt(aes(), &Message::new(&nonce, &additional, &sealed, bits));
                assert_eq!(open.as_deref(), Some(&data[..]));
                sealed[0] ^= 1;
                assert_eq!(decrypt(aes(), &Message::new(&nonce, &additional, &sealed, bits)), None);
            }
        }
    }

    #[test]
    fn refuses_what_is_shorter_than_its_tag() {
        let aes = Aes128::new_from_slice(&[0; 16]).unwrap();
        assert_eq!(decrypt(aes, &Message::new(&[0; 8], &[], &[0; 3], 32)), None);
    }
}
