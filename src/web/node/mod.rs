//! `URLPattern` for code in Node: what a pattern means is told by the crate that the worker's own is made of. Matching is
//! JavaScript's, which has the regular expressions.

use napi_derive::napi;
use serde::Serialize;
use serde::de::DeserializeOwned;
use urlpattern::UrlPatternOptions;
use urlpattern::quirks::{self, StringOrInit};

use crate::node::binding::failure::{Code, Result};

/// The JSON of a pattern's components, by that of `[input, base URL or null, whether case is ignored]`. Throws what is wrong
/// with the pattern.
#[napi(catch_unwind)]
pub fn url_pattern(json: String) -> Result<String> {
    let (input, base, ignore_case): (StringOrInit, Option<String>, bool) = read(&json)?;
    let init = quirks::process_construct_pattern_input(input, base.as_deref()).map_err(invalid)?;
    let pattern = quirks::parse_pattern(init, UrlPatternOptions { ignore_case }).map_err(invalid)?;
    write(&pattern)
}

/// The JSON of the components that are matched with a pattern's, by that of `[input, base URL or null]`; of null when these
/// make no URL.
#[napi(catch_unwind)]
pub fn url_pattern_input(json: String) -> Result<String> {
    let (input, base): (StringOrInit, Option<String>) = read(&json)?;
    let input = quirks::process_match_input(input, base.as_deref()).map_err(invalid)?;
    write(&input.and_then(|(input, _)| quirks::parse_match_input(input)))
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(invalid)
}

fn write(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(invalid)
}

fn invalid(error: impl std::fmt::Display) -> crate::node::binding::failure::Failure {
    Code::InvalidArgument.because(error)
}
