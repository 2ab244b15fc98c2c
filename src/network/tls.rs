//! Whom a connection trusts: the well-known authorities, and certificates that the user names.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// HTTP over TLS, HTTP/2 first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The configuration of connections, and that of connections to proxies, which speak HTTP/1.1 only.
pub fn configure(authorities: &str, verify: bool) -> Result<(Arc<ClientConfig>, Arc<ClientConfig>), Error> {
    let provider = Arc::new(default_provider());
    let verifier = Arc::new(Verifier::new(authorities, verify, &provider)?);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let of_proxies = Arc::new(config.clone());
    config.alpn_protocols = PROTOCOLS.map(Vec::from).into();
    Ok((Arc::new(config), of_proxies))
}

/// The configuration of connections that are upgraded, which HTTP/2 does not do; with the same trust and sessions.
pub fn http1(config: &ClientConfig) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.alpn_protocols = vec![b"http/1.1".into()];
    Arc::new(config)
}

#[derive(Debug)]
struct Verifier {
    standard: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
    verify: bool,
}

impl Verifier {
    fn new(authorities: &str, verify: bool, provider: &Arc<rustls::crypto::CryptoProvider>) -> Result<Verifier, Error> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(authorities.as_bytes()).collect();
        let named = read.map_err(|error| Error::General(format!("a certificate to trust is no PEM: {error}")))?;
        roots.add_parsable_certificates(named.iter().cloned());
        let standard = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        Ok(Verifier {
            standard: standard.map_err(|error| Error::General(error.to_string()))?,
            named,
            verify,
        })
    }

    /// A server may present a certificate that the user named as it is. Servers on a developer's machine do; for the
    /// standard verifier such a certificate is that of an authority, and no server's.
    fn is_named(&self, certificate: &CertificateDer, host: &ServerName) -> Result<bool, Error> {
        if !self.named.iter().any(|named| named.as_ref() == certificate.as_ref()) {
            return Ok(false);
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, host)?;
        Ok(true)
    }
}

fn is_of_an_authority(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        Error::InvalidCertificate(CertificateError::Other(other)) => other.to_string().contains("CaUsedAsEndEntity"),
        _ => false,
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.verify {
            return Ok(ServerCertVerified::assertion());
        }
        let verified = self
            .standard
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            Err(error) if is_of_an_authority(&error) && self.is_named(end_entity, server_name)? => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.standard.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.standard.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.standard.supported_verify_schemes()
    }
}
