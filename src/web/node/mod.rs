//! `URLPattern` for code in Node: what a pattern means is told by the crate that the worker's own is made of. Matching is
//! JavaScript's, which has the regular expressions.

use serde::Serialize;
use serde::de::DeserializeOwned;
use urlpattern::UrlPatternOptions;
use urlpattern::quirks::{self, StringOrInit};

use crate::node::binding::api::{Call, Failure, Result};
use crate::realm::value::Value;

/// `urlPattern(json)`: the JSON of a pattern's components, by that of `[input, base URL or null, whether case is ignored]`.
/// Throws what is wrong with the pattern.
pub fn parse(call: &Call) -> Result<Value> {
    let (input, base, ignore_case): (StringOrInit, Option<String>, bool) = read(call)?;
    let init = quirks::process_construct_pattern_input(input, base.as_deref()).map_err(Failure::new)?;
    let pattern = quirks::parse_pattern(init, UrlPatternOptions { ignore_case }).map_err(Failure::new)?;
    write(&pattern)
}

/// `urlPatternInput(json)`: the JSON of the components that are matched with a pattern's, by that of `[input, base URL or
/// null]`; of null when these make no URL.
pub fn input(call: &Call) -> Result<Value> {
    let (input, base): (StringOrInit, Option<String>) = read(call)?;
    let input = quirks::process_match_input(input, base.as_deref()).map_err(Failure::new)?;
    write(&input.and_then(|(input, _)| quirks::parse_match_input(input)))
}

fn read<T: DeserializeOwned>(call: &Call) -> Result<T> {
    serde_json::from_str(&call.text(0)?).map_err(Failure::new)
}

fn write(value: &impl Serialize) -> Result<Value> {
    let json = serde_json::to_string(value).map_err(Failure::new)?;
    Ok(json.as_str().into())
}
