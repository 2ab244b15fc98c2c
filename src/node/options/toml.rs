//! TOML as JSON, for the configuration files that Node's half reads.

use ::toml::{Table, Value as Toml, de};
use napi_derive::napi;
use serde_json::{Map, Number, Value as Json};

use crate::node::binding::failure::{Code, Result};

/// The JSON of a document. The error says where the text is wrong, and shows the line.
#[napi(catch_unwind)]
pub fn parse_toml(text: String) -> Result<String> {
    let table: Table = text
        .parse()
        .map_err(|error: de::Error| Code::InvalidArgument.because(error))?;
    Ok(object(table).to_string())
}

fn object(table: Table) -> Json {
    let entries = table.into_iter().map(|(key, value)| (key, json(value)));
    Json::Object(Map::from_iter(entries))
}

fn json(value: Toml) -> Json {
    match value {
        Toml::String(text) => Json::String(text),
        Toml::Integer(number) => Json::Number(number.into()),
        // JSON has no word for what is not finite.
        Toml::Float(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
        Toml::Boolean(flag) => Json::Bool(flag),
        Toml::Datetime(moment) => Json::String(moment.to_string()),
        Toml::Array(items) => Json::Array(items.into_iter().map(json).collect()),
        Toml::Table(table) => object(table),
    }
}
