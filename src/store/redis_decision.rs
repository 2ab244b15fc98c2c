//! Writes to folders that a Redis server decides, since what is stored there changes with them: see `joint.rs`.
//!
//! A decision is a key of the server, which the script that writes sets. The process that opens a folder where such a write
//! is noted needs to know before it reads anything, so it waits for the answer.

use std::sync::Mutex;

use redis::{Cmd, Connection, FromRedisValue, RedisError};

use super::Result;
use super::error::{Kind, StoreError};
use super::redis::lock;
use super::redis_link::{open, public};
use super::rocks_pending::Token;
use crate::limits::REDIS_TIMEOUT;

/// The authorities that this process trusts, as PEM.
static AUTHORITIES: Mutex<String> = Mutex::new(String::new());

/// Trusts these authorities of servers from now on.
pub fn trust(authorities: &str) {
    authorities.clone_into(&mut lock(&AUTHORITIES));
}

/// The key of the decision on what is noted under a token.
pub fn key(token: Token) -> String {
    format!("miniflare-rs:decided:{}", hex::encode(token))
}

/// Whether the server has decided that what is noted under the token is written. Waits for twice [`REDIS_TIMEOUT`] at most.
pub fn is_made(url: &str, token: Token) -> Result<bool> {
    let mut command = redis::cmd("EXISTS");
    ask(url, command.arg(key(token)))
}

/// The decision is not looked for any more. One that stays does no harm.
pub fn forget(url: &str, token: Token) {
    let mut command = redis::cmd("DEL");
    let _: Result<u64> = ask(url, command.arg(key(token)));
}

fn ask<T: FromRedisValue>(url: &str, command: &Cmd) -> Result<T> {
    let asked = connect(url).and_then(|mut connection| command.query(&mut connection));
    asked.map_err(|error| {
        let name = public(url);
        StoreError::new(
            Kind::Unreachable,
            format!("{name} does not answer whether it has decided a write: start it. ({error})"),
        )
    })
}

fn connect(url: &str) -> std::result::Result<Connection, RedisError> {
    let authorities = lock(&AUTHORITIES).clone();
    let connection = open(url, &authorities)?.get_connection_with_timeout(REDIS_TIMEOUT)?;
    connection.set_read_timeout(Some(REDIS_TIMEOUT))?;
    connection.set_write_timeout(Some(REDIS_TIMEOUT))?;
    Ok(connection)
}
