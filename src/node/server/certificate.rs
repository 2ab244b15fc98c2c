//! Certificates that sign themselves, for servers on the user's machine. Node makes the key, on a thread of its own.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use napi_derive::napi;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use time::{Duration, OffsetDateTime};

use crate::node::binding::failure::{Code, Failure, Result};

/// Makes an X.509 certificate and signs it with an RSA key, which is in PKCS#8 (DER in base64). The certificate is for the
/// first of `names`, and all of them, hosts and IP addresses, are alternatives; it is valid for `days` from `nowMs` on, in
/// milliseconds since 1970. Returns DER in base64.
#[napi(catch_unwind)]
pub fn self_signed_certificate(key: String, names: Vec<String>, now_ms: f64, days: u32) -> Result<String> {
    let key = BASE64_STANDARD.decode(key).map_err(invalid)?;
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key), &PKCS_RSA_SHA256);
    let params = params(names, now_ms, days)?;
    let certificate = params.self_signed(&key.map_err(invalid)?).map_err(invalid)?;
    Ok(BASE64_STANDARD.encode(certificate.der()))
}

fn params(names: Vec<String>, now_ms: f64, days: u32) -> Result<CertificateParams> {
    let subject = names.first().cloned().unwrap_or_default();
    let mut params = CertificateParams::new(names).map_err(invalid)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject);
    params.not_before = OffsetDateTime::from_unix_timestamp((now_ms / 1000.0) as i64).map_err(invalid)?;
    params.not_after = params
        .not_before
        .checked_add(Duration::days(days.into()))
        .ok_or_else(|| invalid("the time is out of range"))?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::ContentCommitment,
        KeyUsagePurpose::KeyEncipherment,
        KeyUsagePurpose::DataEncipherment,
        KeyUsagePurpose::KeyCertSign,
    ];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::CodeSigning,
        ExtendedKeyUsagePurpose::TimeStamping,
    ];
    Ok(params)
}

fn invalid(reason: impl ToString) -> Failure {
    Code::InvalidArgument.because(reason)
}
