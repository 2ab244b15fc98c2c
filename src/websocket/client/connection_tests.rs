//! Tests of `connection.rs` over a pipe in memory, whose other end is a server made of bytes.

use std::io;
use std::time::Duration;

use futures::poll;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;

use super::connection;
use super::limits;
use super::mailbox::{self, Mailbox, Received};
use super::writer::Say;

/// A pipe that holds little, so that sides wait for each other.
const PIPE_BYTES: usize = 1000;
/// Long enough to be noticed, and to be waited for.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(20);

struct Open {
    mailbox: Mailbox,
    server: DuplexStream,
    task: JoinHandle<()>,
}

fn open() -> Open {
    let (client, server) = duplex(PIPE_BYTES);
    let (mailbox, line) = mailbox::pair();
    let explain = |error: &io::Error| error.to_string();
    let running = connection::run(client, None, line, CLOSE_TIMEOUT, explain);
    let task = Handle::current().spawn(running);
    Open { mailbox, server, task }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(test);
}

/// Lets the connection do all that it can: it is in memory, so what it waits for is this end.
async fn settle() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

/// The next frame of the client: its first byte, and its payload.
async fn frame(server: &mut DuplexStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    server.read_exact(&mut head).await.expect("a frame");
    let length = match head[1] & 0x7f {
        126 => usize::from(server.read_u16().await.expect("a length")),
        127 => server.read_u64().await.expect("a length") as usize,
        length => usize::from(length),
    };
    let mut mask = [0; 4];
    server.read_exact(&mut mask).await.expect("a mask");
    let mut payload = vec![0; length];
    server.read_exact(&mut payload).await.expect("a payload");
    let payload = payload
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, mask)| byte ^ mask)
        .collect();
    (head[0], payload)
}

async fn is_at_end(server: &mut DuplexStream) -> bool {
    server.read(&mut [0; 10]).await.is_ok_and(|length| length == 0)
}

fn text(content: &str) -> Say {
    Say::Text(content.as_bytes().to_vec())
}

#[test]
fn messages_go_both_ways_in_order() {
    run(async {
        let mut open = open();
        open.server.write_all(b"\x81\x01a\x82\x01b").await.expect("written");
        assert_eq!(open.mailbox.inbox.next().await, Some(Received::Text("a".into())));
        assert_eq!(open.mailbox.inbox.next().await, Some(Received::Binary(b"b".to_vec())));
        assert_eq!(open.mailbox.inbox.take(), None);
        for content in ["c", "d"] {
            open.mailbox.outbox.send(text(content)).expect("room");
        }
        assert_eq!(frame(&mut open.server).await, (0x81, b"c".to_vec()));
        assert_eq!(frame(&mut open.server).await, (0x81, b"d".to_vec()));
    });
}

#[test]
fn a_ping_is_answered_and_not_seen() {
    run(async {
        let mut open = open();
        open.server.write_all(b"\x89\x02hi\x81\x01a").await.expect("written");
        assert_eq!(frame(&mut open.server).await, (0x8a, b"hi".to_vec()));
        assert_eq!(open.mailbox.inbox.next().await, Some(Received::Text("a".into())));
    });
}

#[test]
fn a_close_of_the_server_is_answered_with_its_code() {
    run(async {
        let mut open = open();
        open.server
            .write_all(b"\x81\x01a\x88\x05\x0f\xa0bye\x81\x01b")
            .await
            .expect("written");
        assert_eq!(frame(&mut open.server).await, (0x88, b"\x0f\xa0bye".to_vec()));
        assert_eq!(open.mailbox.inbox.next().await, Some(Received::Text("a".into())));
        assert_eq!(
            open.mailbox.inbox.next().await,
            Some(Received::Closed(4000, "bye".into()))
        );
        assert_eq!(open.mailbox.outbox.send(text("late")), Ok(0));
        drop(open.server);
        assert_eq!(open.mailbox.inbox.next().await, None);
        open.task.await.expect("no panic");
    });
}

#[test]
fn a_close_is_answered_after_the_servers_half_has_ended() {
    run(async {
        let mut open = open();
        open.server.write_all(b"\x88\x00").await.expect("written");
        open.server.shutdown().await.expect("ended");
        assert_eq!(frame(&mut open.server).await, (0x88, vec![]));
        assert!(is_at_end(&mut open.server).await);
        assert_eq!(
            open.mailbox.inbox.next().await,
            Some(Received::Closed(1005, String::new()))
        );
    });
}

#[test]
fn a_close_of_the_worker_follows_its_messages_and_waits_for_the_answer() {
    run(async {
        let mut open = open();
        let long = "x".repeat(10 * PIPE_BYTES);
        open.mailbox.outbox.send(text(&long)).expect("room");
        open.mailbox.outbox.close(Some((3000, "done".into())));
        open.mailbox.outbox.close(Some((3001, "twice".into())));
        assert_eq!(open.mailbox.outbox.send(text("late")), Ok(0));
        assert_eq!(frame(&mut open.server).await, (0x81, long.into_bytes()));
        assert_eq!(frame(&mut open.server).await, (0x88, b"\x0b\xb8done".to_vec()));
        open.server
            .write_all(b"\x81\x01a\x88\x02\x0b\xb9")
            .await
            .expect("written");
        assert_eq!(open.mailbox.inbox.next().await, Some(Received::Text("a".into())));
        assert_eq!(
            open.mailbox.inbox.next().await,
            Some(Received::Closed(3001, String::new()))
        );
        open.server.shutdown().await.expect("ended");
        assert!(is_at_end(&mut open.server).await);
    });
}

#[test]
fn a_server_that_does_not_answer_a_close_is_left() {
    run(async {
        let mut open = open();
        open.mailbox.outbox.close(None);
        assert_eq!(frame(&mut open.server).await, (0x88, vec![]));
        assert_eq!(
            open.mailbox.inbox.next().await,
            Some(Received::Closed(1006, String::new()))
        );
        assert!(is_at_end(&mut open.server).await);
    });
}

#[test]
fn a_connection_that_breaks_off_is_told_of() {
    run(async {
        let mut open = open();
        open.server.write_all(b"\x81\x05abc").await.expect("written");
        drop(open.server);
        assert_eq!(
            open.mailbox.inbox.next().await,
            Some(Received::Closed(1006, String::new()))
        );
        assert_eq!(open.mailbox.inbox.next().await, None);
        assert_eq!(open.mailbox.outbox.send(text("late")), Ok(0));
    });
}

#[test]
fn a_write_that_fails_is_told_of_with_its_reason() {
    run(async {
        let mut open = open();
        drop(open.server);
        open.mailbox.outbox.send(text("lost")).expect("room");
        let received = open.mailbox.inbox.next().await;
        let closed = match received {
            Some(Received::Failed(_)) => open.mailbox.inbox.next().await,
            other => other,
        };
        assert_eq!(closed, Some(Received::Closed(1006, String::new())));
    });
}

#[test]
fn a_server_against_the_protocol_gets_the_code_and_the_worker_the_reason() {
    for (bytes, code) in [
        (&b"\x83\x00"[..], 1002),
        (b"\x81\x01\xff", 1007),
        (b"\x82\x7f\x7f\0\0\0\0\0\0\0", 1009),
    ] {
        run(async {
            let mut open = open();
            open.server.write_all(bytes).await.expect("written");
            let (opcode, payload) = frame(&mut open.server).await;
            assert_eq!((opcode, u16::from_be_bytes([payload[0], payload[1]])), (0x88, code));
            let failed = open.mailbox.inbox.next().await;
            assert!(
                matches!(&failed, Some(Received::Failed(reason)) if *reason.as_bytes() == payload[2..]),
                "{failed:?}"
            );
            assert_eq!(
                open.mailbox.inbox.next().await,
                Some(Received::Closed(1006, String::new()))
            );
        });
    }
}

#[test]
fn a_worker_that_is_gone_is_told_of_after_what_it_has_said() {
    for is_outbox_first in [true, false] {
        run(async {
            let Open {
                mailbox: Mailbox { outbox, inbox },
                mut server,
                task,
            } = open();
            server.write_all(b"\x81\x01a").await.expect("written");
            outbox.send(text("last")).expect("room");
            if is_outbox_first {
                drop(outbox);
                settle().await;
                drop(inbox);
            } else {
                drop(inbox);
                settle().await;
                drop(outbox);
            }
            assert_eq!(frame(&mut server).await, (0x81, b"last".to_vec()));
            assert_eq!(frame(&mut server).await, (0x88, b"\x03\xf4Service Restart".to_vec()));
            task.await.expect("no panic");
        });
    }
}

#[test]
fn a_connection_that_is_dropped_ends_without_a_close() {
    run(async {
        let Open {
            mailbox, mut server, ..
        } = open();
        mailbox.outbox.drop_connection();
        drop(mailbox);
        assert!(is_at_end(&mut server).await);
    });
}

#[test]
fn a_worker_that_closes_and_goes_is_waited_for_no_longer_than_the_server_has_time() {
    run(async {
        let Open {
            mailbox,
            mut server,
            task,
        } = open();
        mailbox.outbox.send(text("last")).expect("room");
        mailbox.outbox.close(Some((1012, "Service Restart".into())));
        drop(mailbox);
        assert_eq!(frame(&mut server).await, (0x81, b"last".to_vec()));
        assert_eq!(frame(&mut server).await, (0x88, b"\x03\xf4Service Restart".to_vec()));
        task.await.expect("no panic");
        assert!(is_at_end(&mut server).await);
    });
}

#[test]
fn a_server_that_takes_nothing_does_not_hold_a_connection_that_its_worker_has_left() {
    run(async {
        let Open { mailbox, server, task } = open();
        mailbox
            .outbox
            .send(Say::Binary(vec![0; 10 * limits::WRITE_AHEAD_BYTES]))
            .expect("room");
        settle().await;
        drop(mailbox);
        task.await.expect("no panic");
        drop(server);
    });
}

#[test]
fn a_worker_that_reads_slowly_slows_the_server_down() {
    run(async {
        let mut open = open();
        let message = [&b"\x82\x7e\xff\xff"[..], &[7; 65_535]].concat();
        let writing = Handle::current().spawn(async move {
            for _ in 0..100 {
                open.server.write_all(&message).await.expect("written");
            }
            open.server
        });
        while open.mailbox.inbox.waiting() < limits::WAITING_IN_BYTES / (65_535 + limits::MESSAGE_COST) {
            tokio::task::yield_now().await;
        }
        settle().await;
        assert!(!writing.is_finished(), "the server has to wait");
        let mut waiting = 0;
        while let Some(Received::Binary(bytes)) = open.mailbox.inbox.take() {
            waiting += bytes.len();
        }
        assert!(waiting <= limits::WAITING_IN_BYTES, "{waiting}");
        while !writing.is_finished() {
            open.mailbox.inbox.next().await;
        }
    });
}

#[test]
fn a_server_that_asks_and_does_not_listen_is_not_read() {
    run(async {
        let mut open = open();
        let pings = [&b"\x89\x7d"[..], &[7; 125]].concat().repeat(10_000);
        {
            let mut writing = std::pin::pin!(open.server.write_all(&pings));
            for _ in 0..100_000 {
                assert!(poll!(&mut writing).is_pending(), "pongs pile up");
                tokio::task::yield_now().await;
            }
        }
    });
}

#[test]
fn a_server_that_reads_slowly_is_told_no_more_at_the_limit() {
    run(async {
        let mut open = open();
        let message = || Say::Binary(vec![0; 1024 * 1024]);
        let cost = 1024 * 1024 + limits::MESSAGE_COST;
        assert_eq!(open.mailbox.outbox.send(message()), Ok(cost));
        // The connection takes that one in hand.
        settle().await;
        let mut sent = 1;
        let full = loop {
            match open.mailbox.outbox.send(message()) {
                Ok(waiting) => {
                    sent += 1;
                    assert_eq!(waiting, (sent - 1) * cost);
                }
                Err(full) => break full,
            }
        };
        assert_eq!(full.0, (sent - 1) * cost);
        assert!(full.0 + cost > limits::WAITING_OUT_BYTES && full.0 <= limits::WAITING_OUT_BYTES);
        for _ in 0..sent {
            assert_eq!(frame(&mut open.server).await.1.len(), 1024 * 1024);
        }
        let long = Say::Binary(vec![0; limits::WAITING_OUT_BYTES + 1]);
        assert!(
            open.mailbox.outbox.send(long).is_ok(),
            "one long message, when none waits"
        );
    });
}
