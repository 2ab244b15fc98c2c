//! Whether a response may be stored, and for how long: the rules of HTTP for a cache that many share, with what
//! Cloudflare's does differently.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_cache_semantics::{CacheOptions, CachePolicy};

use crate::realm::header_text;

/// A response with cookies may say so in its `Cache-Control`, and is stored then.
const COOKIES_ARE_PRIVATE: &str = "private=set-cookie";

/// For how many milliseconds a response is fresh; `None` when it may not be stored. Headers are flat.
pub fn ttl_ms(url: &str, request_headers: &str, status: u16, response_headers: &str, now_ms: f64) -> Option<f64> {
    let mut request = Request::new(());
    *request.uri_mut() = url.parse().unwrap_or_default();
    *request.headers_mut() = map(request_headers);
    // Workers store what they say they store, whatever the request wants.
    request.headers_mut().remove("cache-control");
    let mut response = Response::new(());
    *response.status_mut() = understood(status);
    *response.headers_mut() = map(response_headers);
    allow_cookies(response.headers_mut());
    if response.headers().contains_key("set-cookie") {
        return None;
    }
    let now = UNIX_EPOCH + Duration::try_from_secs_f64(now_ms / 1000.0).unwrap_or_default();
    let policy = CachePolicy::new_options(&request, &response, now, CacheOptions::default());
    policy
        .is_storable()
        .then(|| policy.time_to_live(now).as_secs_f64() * 1000.0)
}

/// The status by whose rules a response is stored. Cloudflare stores "too many requests" and "unavailable" as it stores
/// any answer, and those that the rules of HTTP leave to the cache when they say for how long, as it stores a redirect.
fn understood(status: u16) -> StatusCode {
    match status {
        429 | 503 => StatusCode::OK,
        200 | 203 | 204 | 300..=303 | 307 | 308 | 404 | 405 | 410 | 414 | 501 => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND)
        }
        _ => StatusCode::FOUND,
    }
}

fn allow_cookies(headers: &mut HeaderMap) {
    let Some(control) = headers.get("cache-control").and_then(|value| value.to_str().ok()) else {
        return;
    };
    let Some(at) = control.to_ascii_lowercase().find(COOKIES_ARE_PRIVATE) else {
        return;
    };
    let rest = [&control[..at], &control[at + COOKIES_ARE_PRIVATE.len()..]].concat();
    if let Ok(rest) = HeaderValue::from_str(&rest) {
        headers.insert("cache-control", rest);
        headers.remove("set-cookie");
    }
}

/// Headers that HTTP does not allow are left out: no rule is about them.
fn map(flat: &str) -> HeaderMap {
    let valid = header_text::pairs(flat).filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    });
    let mut map = HeaderMap::new();
    for (name, value) in valid {
        map.append(name, value);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ttl(status: u16, response_headers: &str) -> Option<f64> {
        ttl_ms("http://localhost/", "", status, response_headers, 1e12)
    }

    #[test]
    fn is_what_the_response_says() {
        assert_eq!(ttl(200, "cache-control\nmax-age=10"), Some(10_000.0));
        assert_eq!(ttl(200, "cache-control\nmax-age=10, s-maxage=20"), Some(20_000.0));
        assert_eq!(ttl(200, "cache-control\nmax-age=10\nage\n4"), Some(6000.0));
        assert_eq!(ttl(200, "expires\nSun, 09 Sep 2001 01:46:45 GMT"), Some(5000.0));
        assert_eq!(ttl(200, ""), Some(0.0));
        assert_eq!(ttl(200, "cache-control\nno-cache, max-age=10"), Some(0.0));
        assert_eq!(ttl(200, "cache-control\nmax-age=99999999999999999999"), Some(0.0));
    }

    #[test]
    fn is_none_for_what_may_not_be_stored() {
        for refused in [
            "cache-control\nprivate, max-age=10",
            "cache-control\nno-store",
            "set-cookie\na=b",
        ] {
            assert_eq!(ttl(200, refused), None, "{refused}");
        }
        assert_eq!(ttl(503, "cache-control\nmax-age=10"), Some(10_000.0));
        let with_cookies = "set-cookie\na=b\ncache-control\nprivate=Set-Cookie, max-age=10";
        assert_eq!(ttl(200, with_cookies), Some(10_000.0));
    }

    #[test]
    fn is_what_a_response_of_any_status_says_but_none_by_default() {
        for status in [
            201, 202, 205, 226, 302, 304, 305, 400, 401, 403, 418, 451, 500, 502, 504, 599,
        ] {
            assert_eq!(ttl(status, "cache-control\nmax-age=10"), Some(10_000.0), "{status}");
            assert_eq!(ttl(status, ""), None, "{status}");
        }
        assert_eq!(ttl(404, ""), Some(0.0));
    }

    #[test]
    fn heeds_authorization_and_not_the_cache_control_of_the_request() {
        let fresh = |request, control| ttl_ms("http://localhost/", request, 200, control, 1e12);
        assert_eq!(fresh("authorization\nkey", "cache-control\nmax-age=10"), None);
        assert_eq!(
            fresh("authorization\nkey", "cache-control\ns-maxage=10"),
            Some(10_000.0)
        );
        assert_eq!(
            fresh("cache-control\nno-store", "cache-control\nmax-age=10"),
            Some(10_000.0)
        );
    }
}
