//! Digests in steps, and comparison in constant time.

use std::cell::RefCell;
use std::ffi::CStr;

use deno_core::{GarbageCollected, op2, v8};
use deno_error::JsErrorBox;
use sha2::digest::DynDigest;
use subtle::ConstantTimeEq;

/// A digest under way; the worker's collector owns it.
pub struct Digest(RefCell<Box<dyn DynDigest>>);

// SAFETY: it holds nothing of V8's heap.
unsafe impl GarbageCollected for Digest {
    fn trace(&self, _: &mut v8::cppgc::Visitor) {}

    fn get_name(&self) -> &'static CStr {
        c"Digest"
    }
}

/// Begins a digest with the algorithm of this lower-case name.
#[op2]
#[cppgc]
pub fn op_web_digest_new(#[string] algorithm: &str) -> Result<Digest, JsErrorBox> {
    let digest: Box<dyn DynDigest> = match algorithm {
        "md5" => Box::<md5::Md5>::default(),
        "sha-1" => Box::<sha1::Sha1>::default(),
        "sha-256" => Box::<sha2::Sha256>::default(),
        "sha-384" => Box::<sha2::Sha384>::default(),
        "sha-512" => Box::<sha2::Sha512>::default(),
        other => return Err(JsErrorBox::type_error(format!("there is no digest named {other:?}"))),
    };
    Ok(Digest(RefCell::new(digest)))
}

#[op2(fast)]
pub fn op_web_digest_update(#[cppgc] digest: &Digest, #[buffer] bytes: &[u8]) {
    digest.0.borrow_mut().update(bytes);
}

#[op2]
#[buffer]
pub fn op_web_digest_finish(#[cppgc] digest: &Digest) -> Vec<u8> {
    digest.0.borrow_mut().finalize_reset().into_vec()
}

/// Whether two buffers of one length hold the same, in a time that does not tell where they differ.
#[op2(fast)]
pub fn op_web_equal(#[buffer] left: &[u8], #[buffer] right: &[u8]) -> bool {
    left.ct_eq(right).into()
}
