//! Cron expressions: when one is due, in UTC, as Workers have it.

use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds};
use napi_derive::napi;

use crate::node::binding::failure::{Code, Result};

/// The first moment after `afterMs` that the expression names, both in milliseconds since 1970, if there is one. Five fields
/// begin with minutes, six with seconds.
#[napi(catch_unwind)]
pub fn next_cron(expression: String, after_ms: f64) -> Result<Option<f64>> {
    next(&expression, after_ms).map_err(|reason| Code::InvalidArgument.because(reason))
}

pub fn next(expression: &str, after_ms: f64) -> std::result::Result<Option<f64>, String> {
    if !(5..=6).contains(&expression.split_whitespace().count()) {
        return Err("Invalid cron expression: expected 5 or 6 elements.".into());
    }
    let parser = CronParser::builder().seconds(Seconds::Optional).build();
    let cron = parser.parse(expression).map_err(|error| error.to_string())?;
    let after = DateTime::<Utc>::from_timestamp_millis(after_ms as i64).ok_or("the time is out of range")?;
    let found = cron.find_next_occurrence(&after, false).ok();
    Ok(found.map(|moment| moment.timestamp_millis() as f64))
}
