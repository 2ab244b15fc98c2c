//! The one connection of a thread to a Redis server. A task on the background thread sends what it is given in order, many
//! commands at once, and keeps the thread's session alive.
//!
//! When the connection breaks, the task connects again and sends what was not answered once more, in the same order; after
//! [`REDIS_RETRY`] it gives up, and everything that waits gets the error.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use redis::aio::MultiplexedConnection;
use redis::{
    Arg, AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, RedisError, ServerErrorKind, TlsCertificates,
    Value,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::error::{Kind, StoreError};
use super::redis::lock;
use super::redis_decision;
use super::redis_scripts::{self, Known, has_lost};
use super::{Reply, Result};
use crate::limits::{
    BUFFERED_BYTES, REDIS_BACKOFF, REDIS_BATCH, REDIS_BYTES_PER_SECOND, REDIS_RETRY, REDIS_SESSION, REDIS_TIMEOUT,
};

/// Called on the background thread with what was answered.
type Done = Box<dyn FnOnce(Result<Value>) + Send>;

struct Job {
    command: Cmd,
    bytes: usize,
    done: Done,
}

/// The state of the session. It lapses when it was not renewed in time, or the server has lost it: another one may have
/// claimed what it had.
pub struct Session {
    started: Instant,
    /// Until when it lasts at least, in milliseconds after its start.
    lasts: AtomicU64,
    /// How often it has lapsed.
    lapses: AtomicU64,
    /// Why the server does not renew it.
    refusal: Mutex<Option<StoreError>>,
}

impl Session {
    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    pub fn lasts(&self) -> bool {
        self.now() < self.lasts.load(SeqCst)
    }

    pub fn lapses(&self) -> u64 {
        self.lapses.load(SeqCst)
    }

    /// Why the server has not renewed it, if it has said so.
    pub fn refusal(&self) -> Option<StoreError> {
        lock(&self.refusal).clone()
    }

    /// What the server answered to a renewal that was sent at `sent`: whether it still had the session.
    fn renewed(&self, sent: u64, answer: Result<Value>) {
        match answer {
            Ok(known) => {
                lock(&self.refusal).take();
                let before = self.lasts.swap(sent + REDIS_SESSION.as_millis() as u64, SeqCst);
                if sent >= before || known != Value::Int(1) {
                    self.lapses.fetch_add(1, SeqCst);
                }
            }
            Err(refusal) => *lock(&self.refusal) = Some(refusal),
        }
    }
}

pub struct Link {
    jobs: UnboundedSender<Job>,
    pub session: Arc<Session>,
    /// The server as errors name it, without what is secret in its URL.
    pub name: String,
}

impl Link {
    /// A link to the server at `url`. It connects when it is given something to do.
    pub fn new(url: &str, authorities: &str, own: Arc<redis_scripts::Session>, background: &Handle) -> Result<Link> {
        let name = public(url);
        let client = open(url, authorities).map_err(|error| {
            StoreError::other(format!(
                "\"{name}\" is no URL of a Redis server, redis://host:port/database: {error}"
            ))
        })?;
        redis_decision::trust(authorities);
        let (jobs, receiver) = unbounded_channel();
        let session = Arc::new(Session {
            started: Instant::now(),
            lasts: AtomicU64::new(0),
            lapses: AtomicU64::new(0),
            refusal: Mutex::default(),
        });
        let sender = Sender {
            client,
            connection: None,
            own,
            session: session.clone(),
            name: name.clone(),
        };
        background.spawn(sender.run(receiver));
        Ok(Link { jobs, session, name })
    }

    /// Sends a command; `done` is called on the background thread.
    pub fn send(&self, command: Cmd, done: impl FnOnce(Result<Value>) + Send + 'static) {
        let bytes = size(&command);
        self.send_long(command, bytes, done);
    }

    /// Sends a command that takes as long as so many bytes.
    pub fn send_long(&self, command: Cmd, bytes: usize, done: impl FnOnce(Result<Value>) + Send + 'static) {
        let done = Box::new(done);
        if let Err(unsent) = self.jobs.send(Job { command, bytes, done }) {
            (unsent.0.done)(Err(ended(&self.name)));
        }
    }

    /// Sends a command, and answers with what `read` makes of the reply.
    pub fn ask<T: Send + 'static>(
        &self,
        command: Cmd,
        read: impl FnOnce(Value) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        let (sender, answer) = oneshot::channel();
        self.send(command, |reply| {
            let _ = sender.send(reply);
        });
        let name = self.name.clone();
        let answer: BoxFuture<'static, Result<Value>> = answer.unwrap_or_else(move |_| Err(ended(&name))).boxed();
        Reply::Pending(answer.map(|reply| reply.and_then(read)).boxed())
    }
}

struct Sender {
    client: Client,
    connection: Option<(MultiplexedConnection, Known)>,
    own: Arc<redis_scripts::Session>,
    session: Arc<Session>,
    name: String,
}

impl Sender {
    async fn run(mut self, mut jobs: UnboundedReceiver<Job>) {
        let mut is_open = false;
        loop {
            let next = match is_open {
                true => tokio::time::timeout(REDIS_SESSION / 4, jobs.recv()).await,
                false => Ok(jobs.recv().await),
            };
            match next {
                Ok(Some(job)) => {
                    let mut bytes = job.bytes;
                    let mut batch = vec![job];
                    while batch.len() < REDIS_BATCH
                        && bytes < BUFFERED_BYTES
                        && let Ok(job) = jobs.try_recv()
                    {
                        bytes += job.bytes;
                        batch.push(job);
                    }
                    is_open |= self.exchange(batch).await;
                }
                Ok(None) => break,
                Err(_) => drop(self.exchange(Vec::new()).await),
            }
        }
        if is_open {
            let end = self.own.end();
            let _ = self.attempt(&[&end], REDIS_TIMEOUT).await;
        }
    }

    /// Sends a batch and renews the session with it; whether that succeeded.
    async fn exchange(&mut self, batch: Vec<Job>) -> bool {
        let bytes: usize = batch.iter().map(|job| job.bytes).sum();
        let transfer = Duration::from_secs((bytes / REDIS_BYTES_PER_SECOND) as u64);
        let renewal = self.own.renew();
        let mut commands = vec![&renewal];
        commands.extend(batch.iter().map(|job| &job.command));
        match self.insist(&commands, transfer).await {
            Ok((sent, values)) => {
                let mut answers = values.into_iter().map(|value| self.judge(value));
                if let Some(renewal) = answers.next() {
                    self.session.renewed(sent, renewal);
                }
                for (job, answer) in batch.into_iter().zip(answers) {
                    (job.done)(answer);
                }
                true
            }
            Err(error) => {
                for job in batch {
                    (job.done)(Err(error.clone()));
                }
                false
            }
        }
    }

    /// Sends until there is an answer; when that was sent, and what is answered. What is long may take `transfer` more.
    async fn insist(&mut self, commands: &[&Cmd], transfer: Duration) -> Result<(u64, Vec<Value>)> {
        let deadline = Instant::now() + REDIS_RETRY + transfer;
        let mut pause = REDIS_BACKOFF;
        loop {
            let sent = self.session.now();
            let (error, is_final) = match self.attempt(commands, REDIS_TIMEOUT + transfer).await {
                Ok(values) => match values.iter().find_map(is_stranger) {
                    Some(reason) => (self.refused(&reason), true),
                    None if values.iter().any(is_loading) => (self.unreachable("it is loading its data"), false),
                    None if has_lost(commands, &values) => (self.unreachable("it loses its scripts"), false),
                    None => return Ok((sent, values)),
                },
                Err(error) if is_distrust(&error) => (self.distrusted(&error), true),
                Err(error) if is_final(&error) => (self.refused(&error.to_string()), true),
                Err(error) => (self.unreachable(&error.to_string()), false),
            };
            // What is left to read on it would be taken for the answers to what is sent next.
            self.connection = None;
            if is_final || Instant::now() + pause > deadline {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    async fn attempt(&mut self, commands: &[&Cmd], limit: Duration) -> std::result::Result<Vec<Value>, RedisError> {
        let answered = tokio::time::timeout(limit, self.send(commands)).await;
        answered.unwrap_or_else(|_| Err((ErrorKind::Io, "timed out").into()))
    }

    async fn send(&mut self, commands: &[&Cmd]) -> std::result::Result<Vec<Value>, RedisError> {
        let (connection, known) = match &mut self.connection {
            Some(connection) => connection,
            empty => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(REDIS_TIMEOUT))
                    .set_response_timeout(None);
                let connection = self
                    .client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await?;
                empty.insert((connection, Known::default()))
            }
        };
        let mut pipeline = redis::pipe();
        for command in commands {
            pipeline.add_command(known.form(command));
        }
        connection.send_packed_commands(&pipeline, 0, pipeline.len()).await
    }

    /// What an answer means: the server may have refused the command.
    fn judge(&self, value: Value) -> Result<Value> {
        match value {
            Value::ServerError(error) => {
                let full = error.code() == "OOM";
                let kind = if full { Kind::Full } else { Kind::Other };
                let text = error.details().unwrap_or_default();
                Err(StoreError::new(
                    kind,
                    format!("{} refused a command: {} {text}", self.name, error.code()),
                ))
            }
            value => Ok(value),
        }
    }

    fn refused(&self, reason: &str) -> StoreError {
        StoreError::other(format!(
            "{} refused the connection: correct the user and the password in the URL, redis://user:password@host. ({reason})",
            self.name
        ))
    }

    fn distrusted(&self, error: &RedisError) -> StoreError {
        StoreError::other(format!(
            "{} has a certificate that is not trusted ({error}): have the environment variable NODE_EXTRA_CA_CERTS name \
             a file with its authority's.",
            self.name
        ))
    }

    fn unreachable(&self, reason: &str) -> StoreError {
        let tried = REDIS_RETRY.as_secs();
        let text = format!(
            "{} did not answer within {tried} s: start it, or correct the URL. ({reason})",
            self.name
        );
        StoreError::new(Kind::Unreachable, text)
    }
}

pub(super) fn open(url: &str, authorities: &str) -> std::result::Result<Client, RedisError> {
    let client = Client::open(url)?;
    match client.get_connection_info().addr() {
        ConnectionAddr::TcpTls { .. } => {
            let tls = TlsCertificates {
                client_tls: None,
                root_cert: Some(authorities.into()),
            };
            Client::build_with_tls(url, tls)
        }
        _ => Ok(client),
    }
}

/// Whether the server's certificate was refused, which another try would not change.
fn is_distrust(error: &RedisError) -> bool {
    error.to_string().contains("invalid peer certificate")
}

/// Errors that no second try mends.
fn is_final(error: &RedisError) -> bool {
    let refused = matches!(
        error.kind(),
        ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig
    );
    let asked_for_password = matches!(error.kind(), ErrorKind::Extension) || error.code() == Some("NOAUTH");
    let denied = matches!(error.kind(), ErrorKind::Server(ServerErrorKind::NoPerm));
    refused || asked_for_password || denied
}

/// The refusal of one who has not said who they are.
fn is_stranger(value: &Value) -> Option<String> {
    match value {
        Value::ServerError(error) if error.code() == "NOAUTH" => {
            Some(format!("{} {}", error.code(), error.details().unwrap_or_default()))
        }
        _ => None,
    }
}

/// How many bytes a command has, but for what little is between its parts.
fn size(command: &Cmd) -> usize {
    let parts = command.args_iter().map(|part| match part {
        Arg::Simple(bytes) => bytes.len(),
        _ => 0,
    });
    parts.sum()
}

fn is_loading(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.kind() == Some(ServerErrorKind::BusyLoading))
}

/// The URL without its user and password.
pub(super) fn public(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("redis", url));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    format!(
        "The Redis server at {scheme}://{}",
        rest.split(['?', '#']).next().unwrap_or(rest)
    )
}

fn ended(name: &str) -> StoreError {
    StoreError::other(format!("{name} is not in use any more."))
}
