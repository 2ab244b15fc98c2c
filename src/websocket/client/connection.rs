//! One open connection, driven by a task of the background thread: frames in, frames out, and the end of both.
//!
//! The task reads nothing while the worker has not taken what it has, or while the server does not take what it is told, so
//! that neither can fill the memory of this process.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until};

use super::broken::Broken;
use super::deflate::{Agreed, Deflater, Inflater};
use super::frames::{Event, Reader};
use super::limits;
use super::mailbox::{ABNORMAL, Line, NO_CODE, Received, room_of};
use super::writer::{Say, Writer};

/// What a server learns whose worker is gone: its isolate has ended, for a reload or otherwise. As Miniflare 2 has it.
const GONE: (u16, &str) = (1012, "Service Restart");

/// Drives a connection to its end. `explain` words a failure of the network; a close may take as long as `close_timeout`.
pub async fn run<S>(
    stream: S,
    agreed: Option<Agreed>,
    line: Line,
    close_timeout: Duration,
    explain: impl Fn(&io::Error) -> String,
) where
    S: AsyncRead + AsyncWrite,
{
    let (read, write) = tokio::io::split(stream);
    let mut connection = Connection {
        read,
        write,
        input: BytesMut::new(),
        reads_long: false,
        output: Vec::new(),
        written: 0,
        is_unflushed: false,
        reader: Reader::new(agreed.map(Inflater::new)),
        writer: Writer::new(agreed.and_then(Deflater::new)),
        line,
        undelivered: VecDeque::new(),
        may_speak: true,
        close_sent: false,
        is_over: false,
        is_at_end: false,
        is_abandoned: false,
        close_timeout,
        deadline: None,
    };
    if let Err(error) = connection.drive().await
        && !connection.is_over
    {
        connection.is_over = true;
        connection.undelivered.push_back(Received::Failed(explain(&error)));
        connection
            .undelivered
            .push_back(Received::Closed(ABNORMAL, String::new()));
    }
    connection.deliver_all();
}

struct Connection<S> {
    read: ReadHalf<S>,
    write: WriteHalf<S>,
    input: BytesMut,
    /// Whether the last read filled its buffer.
    reads_long: bool,
    output: Vec<u8>,
    /// How much of the output is gone.
    written: usize,
    /// Whether any of what was written may not be on its way yet.
    is_unflushed: bool,
    reader: Reader,
    writer: Writer,
    line: Line,
    /// What the worker has no room for yet: one message, and how the connection ended.
    undelivered: VecDeque<Received>,
    /// Whether the worker may have something to say.
    may_speak: bool,
    close_sent: bool,
    /// Whether all has been received: what the server sends from then on is not read.
    is_over: bool,
    /// Whether the server sends no more bytes.
    is_at_end: bool,
    /// Whether the worker does not read any more.
    is_abandoned: bool,
    close_timeout: Duration,
    /// When the connection ends, whatever the server does.
    deadline: Option<Instant>,
}

impl<S: AsyncRead + AsyncWrite> Connection<S> {
    async fn drive(&mut self) -> io::Result<()> {
        loop {
            self.understand().await?;
            let is_behind = self.is_behind();
            let may_read = !self.is_at_end && (self.is_over || (!is_behind && self.undelivered.is_empty()));
            self.make_space();
            let room = self.undelivered.front().map_or(0, room_of);
            let deadline = self.deadline.unwrap_or_else(Instant::now);
            tokio::select! {
                said = self.line.said.recv(), if self.may_speak && !is_behind => match said {
                    Some(say) => self.pass_on(say).await?,
                    None => self.may_speak = false,
                },
                permit = self.line.room.clone().acquire_many_owned(room), if !self.undelivered.is_empty() => {
                    if let Some(received) = self.undelivered.pop_front() {
                        let _ = self.line.deliver.send((received, permit.ok()));
                    }
                }
                length = self.read.read_buf(&mut self.input), if may_read => {
                    if length? == 0 {
                        self.ended();
                    }
                    self.reads_long = self.input.len() == self.input.capacity();
                }
                length = push(&mut self.write, &self.output[self.written..]), if self.is_unflushed => {
                    self.pushed(length?)?;
                }
                () = self.line.deliver.closed(), if !self.is_abandoned => {
                    if self.line.out.is_dropped() {
                        return Ok(());
                    }
                    self.abandon().await?;
                }
                () = sleep_until(deadline), if self.deadline.is_some() => {
                    self.ended();
                    return Ok(());
                }
            }
            // A server may end its half after its close, and wait for the answer to it.
            if self.is_at_end && !(self.close_sent && self.is_unflushed) {
                return Ok(());
            }
        }
    }

    /// Whether the server has yet to take much of what it is told.
    fn is_behind(&self) -> bool {
        self.output.len() - self.written >= limits::WRITE_AHEAD_BYTES
    }

    /// Acts on what has been read, as far as there is room for it.
    async fn understand(&mut self) -> io::Result<()> {
        while !self.is_over && self.undelivered.is_empty() && !self.is_behind() {
            match self.reader.next(&mut self.input) {
                Ok(Some(event)) => self.react(event).await?,
                Ok(None) => break,
                Err(broken) => self.give_up(broken).await?,
            }
            self.deliver_ready();
        }
        if self.is_over {
            self.input.clear();
        }
        if self.is_abandoned {
            self.undelivered.clear();
        }
        Ok(())
    }

    async fn react(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Text(text) => self.undelivered.push_back(Received::Text(text)),
            Event::Binary(bytes) => self.undelivered.push_back(Received::Binary(bytes)),
            Event::Ping(payload) => self.say(Say::Pong(payload)).await?,
            Event::Pong => (),
            Event::Close(close) => {
                self.is_over = true;
                self.say(Say::Close(close.clone())).await?;
                let (code, reason) = close.unwrap_or((NO_CODE, String::new()));
                self.undelivered.push_back(Received::Closed(code, reason));
            }
        }
        Ok(())
    }

    /// Ends a connection whose server does not keep to the protocol.
    async fn give_up(&mut self, Broken { code, reason }: Broken) -> io::Result<()> {
        self.is_over = true;
        self.undelivered.push_back(Received::Failed(reason.clone()));
        self.undelivered.push_back(Received::Closed(ABNORMAL, String::new()));
        self.say(Say::Close(Some((code, reason)))).await
    }

    /// Frames what is to be sent. Nothing follows a close frame.
    async fn say(&mut self, say: Say) -> io::Result<()> {
        if self.close_sent {
            return Ok(());
        }
        if let Say::Close(_) = say {
            self.close_sent = true;
            self.may_speak = false;
            self.line.said.close();
            self.limit();
        }
        self.is_unflushed = true;
        self.writer.write(say, &mut self.output).await
    }

    async fn pass_on(&mut self, say: Say) -> io::Result<()> {
        self.line.out.taken(&say);
        self.say(say).await
    }

    /// The worker is gone. The server gets what it has said before, and learns of the end.
    async fn abandon(&mut self) -> io::Result<()> {
        self.is_abandoned = true;
        self.limit();
        while !self.close_sent
            && let Ok(say) = self.line.said.try_recv()
        {
            self.pass_on(say).await?;
        }
        let (code, reason) = GONE;
        self.say(Say::Close(Some((code, reason.into())))).await
    }

    /// From now on, the server has a limited time.
    fn limit(&mut self) {
        self.deadline.get_or_insert_with(|| Instant::now() + self.close_timeout);
    }

    /// Some of the output is gone; all of it, and on its way, when there was none left.
    fn pushed(&mut self, length: usize) -> io::Result<()> {
        if self.written == self.output.len() {
            self.is_unflushed = false;
            self.output.clear();
            self.output.shrink_to(limits::WRITE_AHEAD_BYTES);
            self.written = 0;
            return Ok(());
        }
        if length == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.written += length;
        Ok(())
    }

    /// Makes space to read into: little while little comes, as most sockets are idle most of the time.
    fn make_space(&mut self) {
        let length = if self.reads_long {
            limits::LONG_READ_BYTES
        } else {
            limits::READ_BYTES
        };
        if self.input.is_empty() && self.input.capacity() > length {
            self.input = BytesMut::new();
        }
        self.input.reserve(length);
    }

    /// The connection has ended. Without a close of the server, that is not how it should.
    fn ended(&mut self) {
        self.is_at_end = true;
        if !self.is_over {
            self.is_over = true;
            self.undelivered.push_back(Received::Closed(ABNORMAL, String::new()));
        }
    }

    /// Delivers what there is room for.
    fn deliver_ready(&mut self) {
        while let Some(received) = self.undelivered.pop_front() {
            match self.line.room.clone().try_acquire_many_owned(room_of(&received)) {
                Ok(permit) => drop(self.line.deliver.send((received, Some(permit)))),
                Err(_) => return self.undelivered.push_front(received),
            }
        }
    }

    fn deliver_all(&mut self) {
        for received in self.undelivered.drain(..) {
            let _ = self.line.deliver.send((received, None));
        }
    }
}

/// Writes what is left, or makes sure that all is on its way when nothing is.
async fn push(write: &mut (impl AsyncWrite + Unpin), rest: &[u8]) -> io::Result<usize> {
    if rest.is_empty() {
        return write.flush().await.map(|()| 0);
    }
    write.write(rest).await
}
