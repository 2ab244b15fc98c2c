//! The handshake (RFC 6455, section 4): the request that asks a server to upgrade, and what its answer must say.

use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TE, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{Request, Uri};
use http_body_util::Empty;
use percent_encoding::percent_decode_str;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;

use super::deflate::Agreed;
use super::extensions;
use crate::realm::header_text;

const WEBSOCKET: &str = "websocket";
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// Headers of one connection, which are not a request's to set; besides all of the handshake's own.
const OF_THE_CONNECTION: [HeaderName; 6] = [CONNECTION, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING, UPGRADE];
const OF_THE_HANDSHAKE: &str = "sec-websocket-";

/// A request that has not been sent.
pub struct Ask {
    /// Where the connection goes, by `http:` or `https:`.
    pub target: Uri,
    pub request: Request<Empty<Bytes>>,
    expected: Expected,
}

/// What the answer to a request depends on.
pub struct Expected {
    accept: String,
    protocols: Vec<String>,
}

/// What client and server have agreed on.
#[derive(Debug, Default, PartialEq)]
pub struct Agreement {
    pub protocol: String,
    pub extensions: String,
    pub deflate: Option<Agreed>,
}

impl Ask {
    /// A request for `url`, with headers as [`header_text`] has them, and subprotocols as their header names them. What
    /// cannot be sent is an error.
    pub fn new(url: &str, headers: &[u8], protocols: &str) -> Result<Ask, String> {
        let target = target_of(url)?;
        let key = generate_key();
        let expected = Expected {
            accept: derive_accept_key(key.as_bytes()),
            protocols: list(protocols).map(String::from).collect(),
        };
        let mut headers = headers_of(headers)?;
        let authority = target.authority().map_or("", |authority| authority.as_str());
        let (credentials, host) = match authority.rsplit_once('@') {
            Some((credentials, host)) => (Some(credentials), host),
            None => (None, authority),
        };
        if let Some(credentials) = credentials
            && !headers.contains_key(AUTHORIZATION)
        {
            headers.insert(AUTHORIZATION, basic(credentials)?);
        }
        headers.insert(HOST, value(host)?);
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static(WEBSOCKET));
        headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
        headers.insert(SEC_WEBSOCKET_KEY, value(&key)?);
        headers.insert(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(extensions::OFFER));
        if !expected.protocols.is_empty() {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, value(protocols)?);
        }
        let mut request = Request::new(Empty::new());
        let path = target.path_and_query().map_or("/", |path| path.as_str());
        *request.uri_mut() = path.parse().map_err(|error| format!("{path}: {error}"))?;
        *request.headers_mut() = headers;
        Ok(Ask {
            target,
            request,
            expected,
        })
    }

    /// The parts, to be sent and to be compared with what comes.
    pub fn into_parts(self) -> (Uri, Request<Empty<Bytes>>, Expected) {
        (self.target, self.request, self.expected)
    }
}

impl Expected {
    /// What the headers of an answer that switches protocols agree on. What they must not say is an error.
    pub fn check(&self, headers: &HeaderMap) -> Result<Agreement, String> {
        let upgrade = text_of(headers, &UPGRADE);
        if !upgrade.eq_ignore_ascii_case(WEBSOCKET) {
            return Err(format!(
                "invalid header \"Upgrade\": expected \"{WEBSOCKET}\", got \"{upgrade}\""
            ));
        }
        let connection = text_of(headers, &CONNECTION);
        if !list(&connection).any(|option| option.eq_ignore_ascii_case("upgrade")) {
            return Err(format!(
                "invalid header \"Connection\": expected \"Upgrade\", got \"{connection}\""
            ));
        }
        let accept = text_of(headers, &SEC_WEBSOCKET_ACCEPT);
        if accept != self.accept {
            let expected = &self.accept;
            return Err(format!(
                "invalid header \"Sec-WebSocket-Accept\": expected \"{expected}\", got \"{accept}\""
            ));
        }
        let extensions = text_of(headers, &SEC_WEBSOCKET_EXTENSIONS);
        let deflate = extensions::agreed(&extensions)
            .map_err(|reason| format!("invalid header \"Sec-WebSocket-Extensions\": {reason}"))?;
        Ok(Agreement {
            protocol: self.protocol(headers)?,
            extensions,
            deflate,
        })
    }

    /// The subprotocol, which is one of those that the request named. A server need not choose one.
    fn protocol(&self, headers: &HeaderMap) -> Result<String, String> {
        if !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
            return Ok(String::new());
        }
        let protocol = text_of(headers, &SEC_WEBSOCKET_PROTOCOL);
        if self.protocols.contains(&protocol) {
            return Ok(protocol);
        }
        let expected = match self.protocols.as_slice() {
            [] => "none, as none was requested".to_string(),
            protocols => format!("one of \"{}\"", protocols.join(", ")),
        };
        Err(format!(
            "invalid header \"Sec-WebSocket-Protocol\": expected {expected}, got \"{protocol}\""
        ))
    }
}

fn target_of(url: &str) -> Result<Uri, String> {
    let url = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => format!("http://{rest}"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => format!("https://{rest}"),
        _ => url.to_string(),
    };
    let length = url.len();
    Uri::from_str(&url).map_err(|error| format!("a URL of {length} characters cannot be sent: {error}"))
}

fn headers_of(text: &[u8]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in header_text::latin1_pairs(text) {
        let name = HeaderName::from_bytes(name).map_err(|error| error.to_string())?;
        if !OF_THE_CONNECTION.contains(&name) && !name.as_str().starts_with(OF_THE_HANDSHAKE) {
            let value = HeaderValue::from_bytes(value).map_err(|error| format!("{name}: {error}"))?;
            headers.append(name, value);
        }
    }
    Ok(headers)
}

/// The user and the password of a URL, as a header has them.
fn basic(credentials: &str) -> Result<HeaderValue, String> {
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let plain = [user, password].map(|part| percent_decode_str(part).collect::<Vec<_>>());
    value(&format!("Basic {}", BASE64_STANDARD.encode(plain.join(&b':'))))
}

fn value(text: &str) -> Result<HeaderValue, String> {
    text.parse().map_err(|error| format!("\"{text}\": {error}"))
}

/// All values of a header in one.
fn text_of(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let texts: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    texts.join(", ")
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(url: &str, headers: &str, protocols: &str) -> Ask {
        Ask::new(url, headers.as_bytes(), protocols).expect("a request")
    }

    fn header(ask: &Ask, name: &str) -> String {
        text_of(ask.request.headers(), &name.parse().expect("a name"))
    }

    fn answer(pairs: &[(&str, &str)], ask: &Ask) -> HeaderMap {
        let accept = ask.expected.accept.as_str();
        let good = [
            ("upgrade", "websocket"),
            ("connection", "Upgrade"),
            ("sec-websocket-accept", accept),
        ];
        let kept = good
            .iter()
            .filter(|(name, _)| pairs.iter().all(|(other, _)| other != name));
        let pair = |(name, value): &(&str, &str)| (name.parse().expect("a name"), value.parse().expect("a value"));
        kept.chain(pairs)
            .filter(|(_, value)| !value.is_empty())
            .map(pair)
            .collect()
    }

    #[test]
    fn requests_go_where_their_url_says() {
        for (url, target, path, host) in [
            ("ws://example.com", "http://example.com/", "/", "example.com"),
            (
                "wss://example.com:8443/a?b=c",
                "https://example.com:8443/a?b=c",
                "/a?b=c",
                "example.com:8443",
            ),
            ("http://[::1]:1/", "http://[::1]:1/", "/", "[::1]:1"),
        ] {
            let ask = ask(url, "", "");
            assert_eq!(ask.target.to_string(), target);
            assert_eq!(ask.request.uri(), path);
            assert_eq!(header(&ask, "host"), host);
        }
        assert!(Ask::new("ws://exa mple", b"", "").is_err());
    }

    #[test]
    fn headers_are_sent_but_for_those_of_the_connection() {
        let headers = "x-own\n1\nHost\nother\nconnection\nclose\nsec-websocket-key\nmine\nx-own\n2\nSec-WebSocket-Extensions\nnone";
        let ask = ask("ws://localhost/", headers, "a, b");
        assert_eq!(header(&ask, "x-own"), "1, 2");
        assert_eq!(header(&ask, "host"), "localhost");
        assert_eq!(header(&ask, "connection"), "Upgrade");
        assert_eq!(header(&ask, "sec-websocket-extensions"), extensions::OFFER);
        assert_eq!(header(&ask, "sec-websocket-protocol"), "a, b");
        assert_eq!(header(&ask, "sec-websocket-version"), "13");
        assert_eq!(header(&ask, "sec-websocket-key").len(), 24);
        assert!(Ask::new("ws://localhost/", b"bad name\n1", "").is_err());
        assert!(Ask::new("ws://localhost/", b"name\nbad\0value", "").is_err());
    }

    #[test]
    fn a_user_in_the_url_is_authorized_by_a_header() {
        let credentials = "Basic dXNlcjpwOncgw6k=";
        let ask_user = ask("ws://user:p%3Aw%20%C3%A9@localhost/", "", "");
        assert_eq!(header(&ask_user, "authorization"), credentials);
        assert_eq!(header(&ask_user, "host"), "localhost");
        let own = ask("ws://user@localhost/", "authorization\nBearer x", "");
        assert_eq!(header(&own, "authorization"), "Bearer x");
    }

    #[test]
    fn each_request_has_a_key_of_its_own() {
        let keys = [(); 2].map(|()| header(&ask("ws://localhost/", "", ""), "sec-websocket-key"));
        assert_ne!(keys[0], keys[1]);
    }

    #[test]
    fn an_answer_agrees_on_protocol_and_extensions() {
        let ask = ask("ws://localhost/", "", "a, b");
        let plain = ask.expected.check(&answer(&[], &ask));
        assert_eq!(plain, Ok(Agreement::default()));
        let pairs = [
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, upgrade"),
            ("sec-websocket-protocol", "b"),
            ("sec-websocket-extensions", "permessage-deflate"),
        ];
        let agreement = ask.expected.check(&answer(&pairs, &ask)).expect("an agreement");
        assert_eq!(
            (agreement.protocol.as_str(), agreement.extensions.as_str()),
            ("b", "permessage-deflate")
        );
        assert!(agreement.deflate.is_some());
    }

    #[test]
    fn an_answer_that_is_wrong_is_refused_with_what_is_wrong() {
        let plain = ask("ws://localhost/", "", "");
        let with_protocols = ask("ws://localhost/", "", "a, b");
        for (ask, name, value) in [
            (&plain, "upgrade", ""),
            (&plain, "upgrade", "h2c"),
            (&plain, "connection", "close"),
            (&plain, "sec-websocket-accept", ""),
            (&plain, "sec-websocket-accept", "bm90IGl0"),
            (&plain, "sec-websocket-extensions", "x-other"),
            (&plain, "sec-websocket-protocol", "a"),
            (&with_protocols, "sec-websocket-protocol", "c"),
            (&with_protocols, "sec-websocket-protocol", "a, b"),
        ] {
            let refused = ask
                .expected
                .check(&answer(&[(name, value)], ask))
                .expect_err("a refusal");
            let message = refused.to_ascii_lowercase();
            assert!(
                message.contains(name) && message.contains(&value.to_ascii_lowercase()),
                "{refused}"
            );
        }
    }
}
