//! Cron expressions: when one is due, in UTC, as Workers have it.

use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds};

/// The first moment after `after_ms` that the expression names, both in milliseconds since the Unix epoch; `None` when
/// there is none. Five fields begin with minutes, six with seconds.
pub fn next(expression: &str, after_ms: f64) -> Result<Option<f64>, String> {
    if !(5..=6).contains(&expression.split_whitespace().count()) {
        return Err("Invalid cron expression: expected 5 or 6 elements.".into());
    }
    let parser = CronParser::builder().seconds(Seconds::Optional).build();
    let cron = parser.parse(expression).map_err(|error| error.to_string())?;
    let after = DateTime::<Utc>::from_timestamp_millis(after_ms as i64).ok_or("the time is out of range")?;
    let found = cron.find_next_occurrence(&after, false).ok();
    Ok(found.map(|moment| moment.timestamp_millis() as f64))
}
