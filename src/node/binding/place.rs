//! Places to store in, as `persist.ts` names them.

use super::failure::{Code, Result};
use crate::realm::value::Value;
use crate::store::database::Durability;
use crate::store::place::Place;

/// `[]` for memory, `[folder, sync]` for the file system, `[url, authorities]` for Redis.
pub fn read(parts: &[Value]) -> Result<Place> {
    match parts {
        [] => Ok(Place::Memory),
        [Value::Text(folder), Value::Bool(sync)] => {
            let durability = if *sync { Durability::Sync } else { Durability::Os };
            Ok(Place::Folder(folder.to_utf8().into(), durability))
        }
        [Value::Text(url), Value::Text(authorities)] => Ok(Place::Redis(url.to_utf8(), authorities.to_utf8())),
        _ => Err(Code::InvalidArgument.because("a place to store in is [], [folder, sync] or [url, authorities]")),
    }
}
