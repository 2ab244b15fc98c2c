//! Extensions of the protocol, as the headers of a handshake name them (RFC 6455, 9.1; RFC 7692, 7.1). There is one.

use super::deflate::{Agreed, WINDOW_BITS};

const DEFLATE: &str = "permessage-deflate";

/// What a client offers: as browsers and `ws` do.
pub const OFFER: &str = "permessage-deflate; client_max_window_bits";

const WINDOWS: std::ops::RangeInclusive<u8> = 8..=WINDOW_BITS;

/// What a server has accepted of the offer; `None` for nothing. What it must not accept is an error.
pub fn agreed(header: &str) -> Result<Option<Agreed>, String> {
    if header.trim().is_empty() {
        return Ok(None);
    }
    let mut parts = header.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    if name != DEFLATE {
        return Err(format!("\"{name}\" was not offered"));
    }
    let mut agreed = Agreed {
        client_no_context_takeover: false,
        server_no_context_takeover: false,
        client_window_bits: WINDOW_BITS,
    };
    let mut seen = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return Err(format!("\"{name}\" is there twice"));
        }
        seen.push(name);
        match (name, value) {
            ("client_no_context_takeover", None) => agreed.client_no_context_takeover = true,
            ("server_no_context_takeover", None) => agreed.server_no_context_takeover = true,
            ("client_max_window_bits", Some(value)) => agreed.client_window_bits = window_bits(name, value)?,
            // Whatever the server's window is, the largest one reads it.
            ("server_max_window_bits", Some(value)) => drop(window_bits(name, value)?),
            _ => return Err(format!("\"{part}\" is not a parameter of {DEFLATE}")),
        }
    }
    Ok(Some(agreed))
}

fn window_bits(name: &str, value: &str) -> Result<u8, String> {
    let is_plain = !value.starts_with(['0', '+']);
    let bits = value.parse().ok().filter(|bits| is_plain && WINDOWS.contains(bits));
    let (least, most) = WINDOWS.into_inner();
    bits.ok_or_else(|| format!("\"{name}\" is \"{value}\", expected a number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Agreed = Agreed {
        client_no_context_takeover: false,
        server_no_context_takeover: false,
        client_window_bits: 15,
    };

    #[test]
    fn none_need_be_accepted() {
        assert_eq!(agreed(""), Ok(None));
        assert_eq!(agreed("  "), Ok(None));
    }

    #[test]
    fn parameters_are_read() {
        assert_eq!(agreed("permessage-deflate"), Ok(Some(PLAIN)));
        let all = "permessage-deflate; server_no_context_takeover ;client_no_context_takeover; \
                   server_max_window_bits=9; client_max_window_bits = \"10\"";
        let expected = Agreed {
            client_no_context_takeover: true,
            server_no_context_takeover: true,
            client_window_bits: 10,
        };
        assert_eq!(agreed(all), Ok(Some(expected)));
    }

    #[test]
    fn what_was_not_offered_is_an_error() {
        for header in [
            "x-webkit-deflate-frame",
            "permessage-deflate, permessage-deflate",
            "permessage-deflate; unknown",
            "permessage-deflate;",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=09",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; client_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        ] {
            assert!(agreed(header).is_err(), "{header}");
        }
    }
}
