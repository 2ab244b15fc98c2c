//! URLs, parsed and changed by Ada, the parser of Workers and of Node. The class over these ops is `url.ts`.

use ada_url::Url;
use deno_core::{OpState, op2};

use crate::protocol::url_part;
use crate::protocol::url_port;
use crate::protocol::url_result::{AS_GIVEN, REFUSED, REWRITTEN};

/// The serialization that the last op has made, when it is not the text that the op was given.
struct Serialization(String);

/// Parses a URL: `parts` receives where its components are. The serialization is the input itself (`AS_GIVEN`), or waits
/// for `op_web_url_serialization` (`REWRITTEN`).
#[op2(fast)]
pub fn op_web_url_parse(state: &mut OpState, #[string] input: &str, #[buffer] parts: &mut [u32]) -> u32 {
    parse(state, input, None, parts)
}

/// As `op_web_url_parse`, relative to a base, which is parsed too.
#[op2(fast)]
pub fn op_web_url_parse_with_base(
    state: &mut OpState,
    #[string] input: &str,
    #[string] base: &str,
    #[buffer] parts: &mut [u32],
) -> u32 {
    parse(state, input, Some(base), parts)
}

fn parse(state: &mut OpState, input: &str, base: Option<&str>, parts: &mut [u32]) -> u32 {
    match Url::parse(input, base) {
        Ok(url) => settle(state, &url, input, parts),
        Err(_) => REFUSED,
    }
}

/// Sets a component of the URL that `href` is, one of `url_part`. What the setter refuses changes nothing.
#[op2(fast)]
pub fn op_web_url_change(
    state: &mut OpState,
    #[string] href: &str,
    component: u32,
    #[string] value: &str,
    #[buffer] parts: &mut [u32],
) -> u32 {
    let Ok(mut url) = Url::parse(href, None) else {
        return REFUSED;
    };
    let input = Some(value);
    let changed = match component {
        url_part::HASH => {
            url.set_hash(input);
            Ok(())
        }
        url_part::HOST => url.set_host(input),
        url_part::HOSTNAME => url.set_hostname(input),
        url_part::PASSWORD => url.set_password(input),
        url_part::PATHNAME => url.set_pathname(input),
        url_part::PORT => url.set_port(input),
        url_part::PROTOCOL => url.set_protocol(value),
        url_part::SEARCH => {
            url.set_search(input);
            Ok(())
        }
        url_part::USERNAME => url.set_username(input),
        _ => Err(()),
    };
    match changed {
        Ok(()) => settle(state, &url, href, parts),
        Err(()) => REFUSED,
    }
}

/// The serialization of the URL that the last op has `REWRITTEN`.
#[op2]
#[string]
pub fn op_web_url_serialization(state: &mut OpState) -> String {
    state.take::<Serialization>().0
}

fn settle(state: &mut OpState, url: &Url, given: &str, parts: &mut [u32]) -> u32 {
    let found = url.components();
    let places = [
        found.protocol_end,
        found.username_end,
        found.host_start,
        found.host_end,
        found.port.unwrap_or(url_port::NONE),
        found.pathname_start.unwrap_or(found.host_end),
        // None of these two can begin at 0.
        found.search_start.unwrap_or(0),
        found.hash_start.unwrap_or(0),
    ];
    for (part, place) in parts.iter_mut().zip(places) {
        *part = place;
    }
    if url.href() == given {
        return AS_GIVEN;
    }
    state.put(Serialization(url.href().to_owned()));
    REWRITTEN
}
