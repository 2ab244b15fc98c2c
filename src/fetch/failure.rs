//! Why a fetch failed, in the words that users of Node know: a code, a reason, and the host and port it happened with.

use std::error::Error;
use std::fmt::{self, Display};
use std::io::{self, ErrorKind};

use deno_error::JsErrorBox;
use http::Uri;
use rustls::CertificateError;

pub type BoxError = Box<dyn Error + Send + Sync>;

/// The classes by which the worker's half knows a failure and takes it apart again; see `failures.ts`.
const FAILURE: &str = "FetchFailure";
const TERMINATED: &str = "FetchTerminated";

#[derive(Clone, Debug)]
pub struct Failure {
    code: String,
    message: String,
    syscall: &'static str,
    host: String,
    port: u16,
}

impl Failure {
    fn new(uri: &Uri, code: &str, reason: impl Display) -> Failure {
        let (host, port) = server(uri);
        Failure {
            code: code.into(),
            message: format!("{reason} ({host}:{port})"),
            syscall: "",
            host,
            port,
        }
    }

    /// A failure of the system, worded as Node words it.
    fn system(uri: &Uri, code: &str, syscall: &'static str) -> Failure {
        let (host, port) = server(uri);
        let place = if syscall == "getaddrinfo" {
            host.clone()
        } else {
            format!("{host}:{port}")
        };
        Failure {
            code: code.into(),
            message: format!("{syscall} {code} {place}"),
            syscall,
            host,
            port,
        }
    }

    pub fn headers_timeout(uri: &Uri) -> Failure {
        Failure::new(uri, "UND_ERR_HEADERS_TIMEOUT", "Headers Timeout Error")
    }

    pub fn body_timeout(uri: &Uri) -> Failure {
        Failure::new(uri, "UND_ERR_BODY_TIMEOUT", "Body Timeout Error")
    }

    /// What went wrong, as the innermost error that says something knows it.
    pub fn of(error: &(dyn Error + 'static), uri: &Uri) -> Failure {
        for error in Chain(Some(error)) {
            if let Some(proxy) = error.downcast_ref::<ProxyError>() {
                return Failure::by_proxy(proxy, uri);
            }
            if let Some(failure) = known(error, uri) {
                return failure;
            }
        }
        let innermost = Chain(Some(error)).last().map(ToString::to_string).unwrap_or_default();
        Failure::new(uri, "UND_ERR_SOCKET", innermost)
    }

    fn by_proxy(proxy: &ProxyError, uri: &Uri) -> Failure {
        let at_proxy = proxy.name.parse().unwrap_or_default();
        let inner = Failure::of(&*proxy.source, &at_proxy);
        let reason = format!("by the proxy {}: {}", proxy.name, inner.message);
        Failure {
            syscall: inner.syscall,
            ..Failure::new(uri, &inner.code, reason)
        }
    }

    /// The error of an op whose request failed.
    pub fn into_js(self) -> JsErrorBox {
        self.into_class(FAILURE)
    }

    /// The error for the reader of a body that broke off.
    pub fn into_js_terminated(self) -> JsErrorBox {
        self.into_class(TERMINATED)
    }

    fn into_class(self, class: &'static str) -> JsErrorBox {
        let port = self.port.to_string();
        let parts = [&self.code, self.syscall, &self.host, &port, &self.message];
        JsErrorBox::new(class, parts.join("\n"))
    }
}

fn server(uri: &Uri) -> (String, u16) {
    let port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    (uri.host().unwrap_or_default().into(), uri.port_u16().unwrap_or(port))
}

/// The failure that one error of a chain stands for; none when it only passes on what its source says.
fn known(error: &(dyn Error + 'static), uri: &Uri) -> Option<Failure> {
    if error.is::<ConnectTimeout>() {
        return Some(Failure::new(uri, "UND_ERR_CONNECT_TIMEOUT", "Connect Timeout Error"));
    }
    if error.to_string().starts_with("dns error") {
        return Some(unresolved(error, uri));
    }
    if error.to_string().starts_with("tunnel error") && error.source().is_none() {
        return Some(Failure::new(
            uri,
            "ERR_PROXY_TUNNEL",
            format!("the proxy refused the tunnel: {error}"),
        ));
    }
    if let Some(DecodeError(source)) = error.downcast_ref() {
        return Some(Failure::new(
            uri,
            "Z_DATA_ERROR",
            format!("the body cannot be decoded: {source}"),
        ));
    }
    if error.is::<LengthMismatch>() {
        return Some(Failure::new(uri, "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH", error));
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(insecure(error, uri));
    }
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return broken_stream(error, uri);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return broken_message(error, uri);
    }
    error
        .downcast_ref::<io::Error>()
        .and_then(|error| of_the_system(error, uri))
}

fn unresolved(error: &(dyn Error + 'static), uri: &Uri) -> Failure {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let code = if text.contains("Temporary") {
        "EAI_AGAIN"
    } else {
        "ENOTFOUND"
    };
    Failure::system(uri, code, "getaddrinfo")
}

fn of_the_system(error: &io::Error, uri: &Uri) -> Option<Failure> {
    if error.get_ref().is_some() {
        return wrapped(error, uri);
    }
    Some(match error.kind() {
        ErrorKind::ConnectionRefused => Failure::system(uri, "ECONNREFUSED", "connect"),
        ErrorKind::TimedOut => Failure::system(uri, "ETIMEDOUT", "connect"),
        ErrorKind::HostUnreachable => Failure::system(uri, "EHOSTUNREACH", "connect"),
        ErrorKind::NetworkUnreachable => Failure::system(uri, "ENETUNREACH", "connect"),
        ErrorKind::ConnectionReset => Failure::system(uri, "ECONNRESET", "read"),
        ErrorKind::ConnectionAborted => Failure::system(uri, "ECONNABORTED", "read"),
        ErrorKind::BrokenPipe => Failure::system(uri, "EPIPE", "write"),
        ErrorKind::UnexpectedEof => closed(uri),
        _ => Failure::new(uri, "UND_ERR_SOCKET", error),
    })
}

/// An `io::Error` around another error passes that on; around a text it says what it means itself.
fn wrapped(error: &io::Error, uri: &Uri) -> Option<Failure> {
    let inner = error.get_ref()?;
    if error.kind() == ErrorKind::UnexpectedEof {
        return Some(closed(uri));
    }
    let text = inner.to_string();
    let reason = || format!("the server's answer is broken: {text}");
    let is_chunk = text.to_ascii_lowercase().contains("chunk");
    is_chunk.then(|| Failure::new(uri, "HPE_INVALID_CHUNK_SIZE", reason()))
}

fn closed(uri: &Uri) -> Failure {
    Failure::new(uri, "UND_ERR_SOCKET", "other side closed")
}

fn broken_message(error: &hyper::Error, uri: &Uri) -> Option<Failure> {
    if error.is_incomplete_message() {
        return Some(closed(uri));
    }
    if !error.is_parse() {
        return None;
    }
    let text = error.to_string();
    let code = match () {
        () if error.is_parse_too_large() => "UND_ERR_HEADERS_OVERFLOW",
        () if error.is_parse_status() => "HPE_INVALID_STATUS",
        () if text.contains("version") => "HPE_INVALID_VERSION",
        () => "HPE_INVALID_HEADER_TOKEN",
    };
    Some(Failure::new(
        uri,
        code,
        format!("the server's answer is not HTTP: {text}"),
    ))
}

fn broken_stream(error: &h2::Error, uri: &Uri) -> Option<Failure> {
    let reason = error.reason()?;
    let code = if error.is_reset() {
        "ERR_HTTP2_STREAM_ERROR"
    } else {
        "ERR_HTTP2_SESSION_ERROR"
    };
    Some(Failure::new(
        uri,
        code,
        format!("closed with HTTP/2 error {reason:?}: {reason}"),
    ))
}

/// How to have a certificate trusted that no well-known authority has signed.
const TRUST: &str =
    "if it is one of yours, name it or its authority by the option \"fetchCaPath\" or by NODE_EXTRA_CA_CERTS";

fn insecure(error: &rustls::Error, uri: &Uri) -> Failure {
    let rustls::Error::InvalidCertificate(problem) = error else {
        return Failure::new(uri, "ERR_SSL_PROTOCOL_ERROR", format!("no secure connection: {error}"));
    };
    let (code, reason) = match problem {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            ("CERT_HAS_EXPIRED", "certificate has expired".into())
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("CERT_NOT_YET_VALID", "certificate is not yet valid".into())
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            "ERR_TLS_CERT_ALTNAME_INVALID",
            format!("Hostname/IP does not match certificate's altnames: {problem}"),
        ),
        CertificateError::UnknownIssuer => (
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            format!("unable to verify the certificate; {TRUST}"),
        ),
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => (
            "DEPTH_ZERO_SELF_SIGNED_CERT",
            format!("self-signed certificate; {TRUST}"),
        ),
        other => ("ERR_TLS_CERT_INVALID", format!("certificate is not valid: {other}")),
    };
    Failure::new(uri, code, reason)
}

/// Whether an error is that of a connection which the other side has reset.
pub fn is_reset(error: &(dyn Error + 'static)) -> bool {
    let of_the_system = |error: &(dyn Error + 'static)| error.downcast_ref().map(io::Error::kind);
    Chain(Some(error)).any(|error| of_the_system(error) == Some(ErrorKind::ConnectionReset))
}

/// A stream for a request's body that is longer or shorter than its headers say.
#[derive(Debug, thiserror::Error)]
#[error("Request body length does not match content-length header")]
pub struct LengthMismatch;

/// No connection in the time there is for making one.
#[derive(Debug, thiserror::Error)]
#[error("connect timeout")]
pub struct ConnectTimeout;

/// A failure on the way to or by way of a proxy.
#[derive(Debug, thiserror::Error)]
#[error("by the proxy {name}")]
pub struct ProxyError {
    pub name: String,
    pub source: BoxError,
}

/// A body that is not in the coding which its headers name.
#[derive(Debug)]
pub struct DecodeError(pub io::Error);

impl Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Error for DecodeError {}

/// An error and its sources, outermost first.
struct Chain<'e>(Option<&'e (dyn Error + 'static)>);

impl<'e> Iterator for Chain<'e> {
    type Item = &'e (dyn Error + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let error = self.0?;
        // What an `io::Error` wraps is hidden from `source`, which skips to that one's own source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        self.0 = wrapped
            .map(|inner| inner as &(dyn Error + 'static))
            .or_else(|| error.source());
        Some(error)
    }
}
