//! What is asked of Redis, as commands. What must happen at once is a script, which Redis runs on its own.
//!
//! A space is a hash of its entries and a sorted set of its keys, all of one score, so that Redis orders them by their bytes.
//! A set has the names of all spaces that hold something. A session is one thread's use of the server: a key that ends by
//! itself unless it is renewed. A space that is claimed has the session that claimed it, and the token of that claim: a
//! writer whose claim is not the last is refused, however late it comes. A session also counts its writes, so that one
//! that is sent again after a connection broke is never done twice, or too late.
//!
//! Writes that are too long for one command are staged: their parts are the numbered fields of a hash, which a part that is
//! sent again does not change, and a script that takes them from there makes all of them. A hash that is left behind ends
//! by itself.

use std::collections::HashSet;
use std::ops::Bound;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use redis::{Arg, Cmd, ServerErrorKind, Value};
use sha1::{Digest, Sha1};

use super::Write;
use super::range::Range;
use crate::limits::{REDIS_ANSWER_BYTES, REDIS_SESSION, REDIS_STAGE};

/// Answered to a write whose claim is not the last any more.
pub const FENCED: i64 = -1;

/// What scripts that write do first: no write is made twice, and none under a claim that is not the last. For each space
/// `check` reads four keys from `k` on, and its name, its claim and how many writes, after which `own` arguments a write may
/// follow. It returns how many fields all writes have, or -1.
macro_rules! check_writes {
    () => {
        "
local done = redis.call('HGET', KEYS[1], 'writes')
if done and tonumber(done) >= tonumber(ARGV[1]) then return 0 end
local function check(k, own)
  local total, at = 0, 3
  while at <= #ARGV do
    if ARGV[at + 1] ~= '' and redis.call('GET', KEYS[k + 3]) ~= ARGV[at + 1] then return -1 end
    total = total + 3 * tonumber(ARGV[at + 2])
    at = at + 3 + own * tonumber(ARGV[at + 2])
    k = k + 4
  end
  return total
end
"
    };
}

/// What they have in common from there on: one write, the end of the writes to a space, and that of all. The keys of the
/// decisions that are made with them come last.
macro_rules! make_writes {
    () => {
        "
local function write(k, what, key, value)
  if what == 'put' then
    redis.call('HSET', KEYS[k + 1], key, value)
    redis.call('ZADD', KEYS[k + 2], 0, key)
  else
    redis.call('HDEL', KEYS[k + 1], key)
    redis.call('ZREM', KEYS[k + 2], key)
  end
end
local function note(k, space)
  if redis.call('EXISTS', KEYS[k + 1]) == 1 then redis.call('ZADD', KEYS[k], 0, space)
  else redis.call('ZREM', KEYS[k], space) end
end
local function finish(k)
  for i = k, #KEYS do redis.call('SET', KEYS[i], 1) end
  redis.call('HSET', KEYS[1], 'writes', ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 0
end
"
    };
}

/// Writes to spaces, all of them or none: for each four keys, and its name, its claim, how many writes and the writes.
const APPLY: &str = concat!(
    check_writes!(),
    make_writes!(),
    "
if check(2, 3) == -1 then return -1 end
local at, k = 3, 2
while at <= #ARGV do
  local last = at + 3 * tonumber(ARGV[at + 2])
  for i = at + 3, last, 3 do write(k, ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
  note(k, ARGV[at])
  at = last + 3
  k = k + 4
end
return finish(k)"
);

/// The same with writes that are the fields of a hash, the second key, in their order.
const APPLY_STAGED: &str = concat!(
    check_writes!(),
    make_writes!(),
    "
local total = check(3, 0)
if total == -1 then return -1 end
if redis.call('HLEN', KEYS[2]) ~= total then return redis.error_reply('STAGE writes that were sent before are missing') end
local at, k, field = 3, 3, 0
while at <= #ARGV do
  local last = field + 3 * tonumber(ARGV[at + 2])
  while field < last do
    local names = {}
    for i = field + 1, math.min(field + 30, last) do names[#names + 1] = i end
    local part = redis.call('HMGET', KEYS[2], unpack(names))
    for i = 1, #part, 3 do write(k, part[i], part[i + 1], part[i + 2]) end
    field = field + #names
  end
  note(k, ARGV[at])
  at = at + 3
  k = k + 4
end
redis.call('DEL', KEYS[2])
return finish(k)"
);

const LIST: &str = "
local keys = redis.call(ARGV[1], KEYS[2], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local values = {}
for i = 1, #keys, 1000 do
  local part = redis.call('HMGET', KEYS[1], unpack(keys, i, math.min(i + 999, #keys)))
  for _, value in ipairs(part) do values[#values + 1] = value end
end
return {keys, values}";

/// Entries of a space from a key on, as many as an answer may have, and 1 when there are more.
macro_rules! page {
    () => {
        "
local function page(entries, order, from, most)
  local keys = redis.call('ZRANGEBYLEX', order, from, '+', 'LIMIT', 0, 1000)
  local found, bytes = {}, 0
  for i, key in ipairs(keys) do
    local value = redis.call('HGET', entries, key)
    if value then
      found[#found + 1] = key
      found[#found + 1] = value
      bytes = bytes + #value
    end
    if bytes >= most and i < #keys then return {found, 1} end
  end
  return {found, #keys == 1000 and 1 or 0}
end
"
    };
}

const FETCH: &str = concat!(page!(), "return page(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]))");

/// The token of a claim is one that no other claim ever has, even after the server has lost its data.
const CLAIM: &str = concat!(
    page!(),
    "
local owner = redis.call('GET', KEYS[3])
if owner and owner ~= ARGV[1] and redis.call('EXISTS', ARGV[2] .. owner) == 1 then return {owner} end
redis.call('HSET', KEYS[4], 'open', 1)
redis.call('PEXPIRE', KEYS[4], ARGV[3])
redis.call('SET', KEYS[3], ARGV[1])
redis.call('SET', KEYS[2], ARGV[4])
return {ARGV[1], page(KEYS[1], KEYS[5], '-', tonumber(ARGV[5]))}"
);

const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('GET', KEYS[2]) == ARGV[2] then redis.call('DEL', KEYS[1], KEYS[2]) end
return 0";

/// Answers whether the session was still there. Nothing but its end is written then, which a full server lets pass.
const RENEW: &str = "
if redis.call('PEXPIRE', KEYS[1], ARGV[1]) == 1 then return 1 end
redis.call('HSET', KEYS[1], 'open', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0";

const ELSEWHERE: &str = "
local found = {}
for i, key in ipairs(KEYS) do
  local owner = redis.call('GET', key)
  found[i] = owner and owner ~= ARGV[1] and redis.call('EXISTS', ARGV[2] .. owner) or 0
end
return found";

const SPACES_WITH: &str = "
local found = {}
for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local value = redis.call('HGET', ARGV[1] .. name, ARGV[2])
  local owner = value and redis.call('GET', ARGV[3] .. name)
  if value and not (owner and owner ~= ARGV[4] and redis.call('EXISTS', ARGV[5] .. owner) == 1) then
    found[#found + 1] = name
    found[#found + 1] = value
  end
end
return found";

/// What the keys of all sessions begin with.
const SESSION: &str = "miniflare-rs:session:";

/// One thread's use of the server, for all rooms.
pub struct Session(pub String);

impl Session {
    fn key(&self) -> String {
        format!("{SESSION}{}", self.0)
    }

    pub fn renew(&self) -> Cmd {
        let mut script = script(RENEW, &[self.key()]);
        script.arg(session_ms());
        script
    }

    pub fn end(&self) -> Cmd {
        let mut command = redis::cmd("DEL");
        command.arg(self.key());
        command
    }

    /// Writes to spaces of any rooms, with which `decisions` are made. `number` counts the session's writes.
    pub fn apply<'w>(
        &self,
        number: u64,
        spaces: impl Iterator<Item = Writes<'w>> + Clone,
        decisions: &[String],
    ) -> Cmd {
        let mut keys = vec![self.key()];
        keys.extend(spaces.clone().flat_map(|space| space.keys()));
        keys.extend_from_slice(decisions);
        let mut script = script(APPLY, &keys);
        script.arg(number).arg(session_ms());
        for space in spaces {
            script.arg(space.space).arg(space.claim).arg(space.writes.len());
            for write in space.writes {
                add_write(&mut script, write);
            }
        }
        script
    }

    /// A part of the writes that [`Session::apply_staged`] makes. `first` counts those before it.
    pub fn stage<'w>(&self, number: u64, first: usize, writes: impl Iterator<Item = &'w Write>) -> Cmd {
        let mut command = redis::cmd("HSET");
        command.arg(self.stage_key(number));
        for (index, (key, value)) in writes.enumerate() {
            let field = 3 * (first + index);
            command.arg(field + 1).arg(what(value)).arg(field + 2).arg(&key[..]);
            command.arg(field + 3).arg(value.as_deref().unwrap_or_default());
        }
        command
    }

    /// Has what is staged last for a while.
    pub fn keep_stage(&self, number: u64) -> Cmd {
        let mut command = redis::cmd("PEXPIRE");
        command.arg(self.stage_key(number)).arg(REDIS_STAGE.as_millis() as u64);
        command
    }

    /// Makes all writes that have been staged, as [`Session::apply`] does.
    pub fn apply_staged<'w>(
        &self,
        number: u64,
        spaces: impl Iterator<Item = Writes<'w>> + Clone,
        decisions: &[String],
    ) -> Cmd {
        let mut keys = vec![self.key(), self.stage_key(number)];
        keys.extend(spaces.clone().flat_map(|space| space.keys()));
        keys.extend_from_slice(decisions);
        let mut script = script(APPLY_STAGED, &keys);
        script.arg(number).arg(session_ms());
        for space in spaces {
            script.arg(space.space).arg(space.claim).arg(space.writes.len());
        }
        script
    }

    fn stage_key(&self, number: u64) -> String {
        format!("miniflare-rs:stage:{}:{number}", self.0)
    }
}

fn add_write(command: &mut Cmd, (key, value): &Write) {
    command
        .arg(what(value))
        .arg(&key[..])
        .arg(value.as_deref().unwrap_or_default());
}

fn what(value: &Option<Bytes>) -> &'static str {
    if value.is_some() { "put" } else { "delete" }
}

/// Writes to one space.
#[derive(Clone, Copy)]
pub struct Writes<'w> {
    pub keys: &'w Keys,
    pub space: &'w str,
    /// Empty for a space that is shared.
    pub claim: &'w str,
    pub writes: &'w [Write],
}

impl Writes<'_> {
    fn keys(&self) -> [String; 4] {
        let Writes { keys: room, space, .. } = self;
        [
            room.spaces_key(),
            room.entries(space),
            room.order(space),
            room.of("claim", space),
        ]
    }
}

/// The names of the keys of one room.
pub struct Keys {
    prefix: String,
    session: Arc<Session>,
}

impl Keys {
    /// `room` keeps stores apart that share a database.
    pub fn new(room: &str, session: Arc<Session>) -> Keys {
        let prefix = format!("miniflare-rs:{room}:");
        Keys { prefix, session }
    }

    fn of(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}:{name}", self.prefix)
    }

    fn entries(&self, space: &str) -> String {
        self.of("entries", space)
    }

    fn order(&self, space: &str) -> String {
        self.of("order", space)
    }

    fn spaces_key(&self) -> String {
        format!("{}spaces", self.prefix)
    }

    pub fn get(&self, space: &str, key: &[u8]) -> Cmd {
        let mut command = redis::cmd("HGET");
        command.arg(self.entries(space)).arg(key);
        command
    }

    pub fn list(&self, space: &str, range: &Range, (start, end): (Bound<&[u8]>, Bound<&[u8]>)) -> Cmd {
        let (start, end) = (edge(start, b'-'), edge(end, b'+'));
        let (command, from, to) = match range.is_reverse() {
            false => ("ZRANGEBYLEX", start, end),
            true => ("ZREVRANGEBYLEX", end, start),
        };
        let limit = i64::try_from(range.limit()).unwrap_or(-1);
        let mut script = script(LIST, &[self.entries(space), self.order(space)]);
        script.arg(command).arg(from).arg(to).arg(limit);
        script
    }

    pub fn claim(&self, space: &str, token: &str) -> Cmd {
        let keys = [
            self.entries(space),
            self.of("claim", space),
            self.of("owner", space),
            self.session.key(),
            self.order(space),
        ];
        let mut script = script(CLAIM, &keys);
        script.arg(&self.session.0).arg(SESSION);
        script.arg(session_ms()).arg(token).arg(REDIS_ANSWER_BYTES);
        script
    }

    /// The entries after a key.
    pub fn fetch(&self, space: &str, last: &[u8]) -> Cmd {
        let mut script = script(FETCH, &[self.entries(space), self.order(space)]);
        script.arg([b"(", last].concat()).arg(REDIS_ANSWER_BYTES);
        script
    }

    pub fn release(&self, space: &str, token: &str) -> Cmd {
        let mut script = script(RELEASE, &[self.of("owner", space), self.of("claim", space)]);
        script.arg(&self.session.0).arg(token);
        script
    }

    /// Which spaces other sessions have claimed.
    pub fn elsewhere(&self, spaces: &[String]) -> Cmd {
        let keys: Vec<_> = spaces.iter().map(|space| self.of("owner", space)).collect();
        let mut script = script(ELSEWHERE, &keys);
        script.arg(&self.session.0).arg(SESSION);
        script
    }

    pub fn spaces(&self, prefix: &str) -> Cmd {
        let range = Range::all().prefixed(prefix.into());
        let (start, end) = range.bounds().unwrap_or((Bound::Unbounded, Bound::Unbounded));
        let mut command = redis::cmd("ZRANGEBYLEX");
        command
            .arg(self.spaces_key())
            .arg(edge(start, b'-'))
            .arg(edge(end, b'+'));
        command
    }

    pub fn spaces_with(&self, key: &[u8]) -> Cmd {
        let mut script = script(SPACES_WITH, &[self.spaces_key()]);
        script.arg(self.entries("")).arg(key).arg(self.of("owner", ""));
        script.arg(&self.session.0).arg(SESSION);
        script
    }
}

/// All scripts, with the hashes that Redis keeps them by.
static SCRIPTS: LazyLock<[(&str, String); 9]> = LazyLock::new(|| {
    [
        APPLY,
        APPLY_STAGED,
        LIST,
        FETCH,
        CLAIM,
        RELEASE,
        ELSEWHERE,
        RENEW,
        SPACES_WITH,
    ]
    .map(|text| (text, hex::encode(Sha1::digest(text.as_bytes()))))
});

/// A call by the script's hash. [`Known`] gives the text to a server that does not have it.
fn script(text: &str, keys: &[String]) -> Cmd {
    let known = SCRIPTS.iter().find(|(one, _)| *one == text);
    let mut command = known.map_or_else(|| redis::cmd("EVAL"), |_| redis::cmd("EVALSHA"));
    command.arg(known.map_or(text, |(_, hash)| hash));
    command.arg(keys.len()).arg(keys);
    command
}

/// The script that a command calls by its hash.
fn called(command: &Cmd) -> Option<&'static (&'static str, String)> {
    let [Arg::Simple(b"EVALSHA"), Arg::Simple(hash)] = command.args_iter().take(2).collect::<Vec<_>>()[..] else {
        return None;
    };
    SCRIPTS.iter().find(|(_, one)| one.as_bytes() == hash)
}

/// The scripts that a server has been sent on a connection, and so can be called by their hashes.
#[derive(Default)]
pub struct Known(HashSet<&'static str>);

impl Known {
    /// The command as it is to be sent next: the first call of a script brings its text along.
    pub fn form(&mut self, command: &Cmd) -> Cmd {
        match called(command) {
            Some((text, hash)) if self.0.insert(hash) => {
                let mut whole = redis::cmd("EVAL");
                whole.arg(text);
                for part in command.args_iter().skip(2) {
                    if let Arg::Simple(bytes) = part {
                        whole.arg(bytes);
                    }
                }
                whole
            }
            _ => command.clone(),
        }
    }
}

/// Whether a server has forgotten scripts in a way that is mended by sending the commands again: a call of a script that
/// it does not have was followed by none that succeeded, which the repetition would come after.
pub fn has_lost(commands: &[&Cmd], answers: &[Value]) -> bool {
    let mut lost = HashSet::new();
    for (command, answer) in commands.iter().zip(answers) {
        let Some((_, hash)) = called(command) else { continue };
        if is_unknown(answer) {
            lost.insert(hash);
        } else if lost.contains(hash) {
            return false;
        }
    }
    !lost.is_empty()
}

fn is_unknown(answer: &Value) -> bool {
    matches!(answer, Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoScript))
}

/// A bound as Redis writes it; `open` stands for none.
fn edge(bound: Bound<&[u8]>, open: u8) -> Vec<u8> {
    match bound {
        Bound::Unbounded => vec![open],
        Bound::Included(key) => [b"[", key].concat(),
        Bound::Excluded(key) => [b"(", key].concat(),
    }
}

fn session_ms() -> u64 {
    REDIS_SESSION.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::{CLAIM, Known, RENEW, SCRIPTS, has_lost, script};
    use redis::{Arg, Cmd, Value, parse_redis_value};

    fn call(text: &str) -> Cmd {
        let mut command = script(text, &["key".into()]);
        command.arg("value");
        command
    }

    fn name(command: &Cmd) -> String {
        match command.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        }
    }

    fn answer(text: &str) -> Value {
        parse_redis_value(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_script_is_sent_once_and_called_by_its_hash_from_then_on() {
        let mut known = Known::default();
        for (text, hash) in SCRIPTS.iter() {
            let mut whole = redis::cmd("EVAL");
            whole.arg(text).arg(1).arg("key").arg("value");
            let mut short = redis::cmd("EVALSHA");
            short.arg(hash).arg(1).arg("key").arg("value");
            let sent = [known.form(&call(text)), known.form(&call(text))];
            let packed = sent.map(|command| command.get_packed_command());
            assert_eq!(packed, [whole.get_packed_command(), short.get_packed_command()]);
        }
    }

    #[test]
    fn what_is_no_script_of_the_list_is_sent_as_it_is() {
        let mut known = Known::default();
        assert_eq!(name(&known.form(&call("return 1"))), "EVAL");
        assert_eq!(name(&known.form(redis::cmd("GET").arg("key"))), "GET");
    }

    #[test]
    fn lost_scripts_are_sent_again_unless_a_later_call_has_succeeded() {
        let commands = [call(RENEW), call(CLAIM), redis::cmd("GET"), call(CLAIM)];
        let commands = commands.each_ref();
        let lost = || answer("-NOSCRIPT No matching script.\r\n");
        let done = || answer(":1\r\n");
        assert!(!has_lost(&commands, &[done(), done(), done(), done()]));
        assert!(has_lost(&commands, &[lost(), lost(), done(), lost()]));
        assert!(has_lost(&commands, &[done(), done(), done(), lost()]));
        assert!(has_lost(&commands, &[lost(), done(), done(), done()]));
        assert!(!has_lost(&commands, &[done(), lost(), done(), done()]));
        assert!(!has_lost(&commands, &[done(), lost(), done(), answer("-OOM full\r\n")]));
    }
}
