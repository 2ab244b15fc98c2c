//! Tests of `frames.rs` and `writer.rs`: bytes in, events out.

use bytes::BytesMut;
use futures::executor::block_on;

use super::broken::Broken;
use super::deflate::tests::deflated;
use super::deflate::{Agreed, Deflater, Inflater, WINDOW_BITS};
use super::frames::{Event, Reader};
use super::limits;
use super::writer::{Say, Writer};

const AGREED: Agreed = Agreed {
    client_no_context_takeover: false,
    server_no_context_takeover: false,
    client_window_bits: WINDOW_BITS,
};

/// A frame of a server: first byte, length, payload.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(length as u8),
        length @ 126..65_536 => bytes.extend([[126].as_slice(), &(length as u16).to_be_bytes()].concat()),
        length => bytes.extend([[127].as_slice(), &(length as u64).to_be_bytes()].concat()),
    }
    bytes.extend_from_slice(payload);
    bytes
}

/// All events of some bytes, which come in pieces of a length; and what ends them.
fn read(reader: &mut Reader, bytes: &[u8], length: usize) -> (Vec<Event>, Option<Broken>) {
    let mut input = BytesMut::new();
    let mut events = Vec::new();
    for piece in bytes.chunks(length) {
        input.extend_from_slice(piece);
        loop {
            match reader.next(&mut input) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(broken) => return (events, Some(broken)),
            }
        }
    }
    (events, None)
}

fn read_all(bytes: &[u8]) -> (Vec<Event>, Option<Broken>) {
    let whole = read(&mut Reader::new(None), bytes, usize::MAX);
    for length in [1, 2, 3, 1000] {
        assert_eq!(
            read(&mut Reader::new(None), bytes, length),
            whole,
            "in pieces of {length}"
        );
    }
    whole
}

fn code_of(bytes: &[u8]) -> u16 {
    read_all(bytes).1.map_or(0, |broken| broken.code)
}

const CONTINUE: u8 = 0x00;
const TEXT: u8 = 0x01;
const BINARY: u8 = 0x02;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;
const FINAL: u8 = 0x80;
const RSV1: u8 = 0x40;

#[test]
fn messages_of_every_length_are_read() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
        let text = "x".repeat(length);
        let (events, broken) = read_all(&frame(FINAL | TEXT, text.as_bytes()));
        assert_eq!((events, broken), (vec![Event::Text(text)], None));
        let bytes = vec![7; length];
        let (events, broken) = read_all(&frame(FINAL | BINARY, &bytes));
        assert_eq!((events, broken), (vec![Event::Binary(bytes)], None));
    }
}

#[test]
fn fragments_are_put_together_with_control_frames_between_them() {
    let text = "κόσμε".as_bytes();
    let bytes = [
        frame(TEXT, &text[..3]),
        frame(PING, b"p"),
        frame(CONTINUE, &[]),
        frame(PONG, b"p"),
        frame(CONTINUE, &text[3..4]),
        frame(FINAL | CONTINUE, &text[4..]),
        frame(CLOSE, &[]),
    ]
    .concat();
    let expected = vec![
        Event::Ping(b"p".to_vec()),
        Event::Pong,
        Event::Text("κόσμε".into()),
        Event::Close(None),
    ];
    assert_eq!(read_all(&bytes), (expected, None));
}

#[test]
fn close_frames_have_a_code_and_a_reason() {
    let close = |code: u16, reason: &[u8]| frame(CLOSE, &[&code.to_be_bytes(), reason].concat());
    for code in [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4999] {
        let expected = vec![Event::Close(Some((code, "why".into())))];
        assert_eq!(read_all(&close(code, b"why")), (expected, None), "{code}");
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        assert_eq!(code_of(&close(code, b"")), 1002, "{code}");
    }
    assert_eq!(code_of(&close(1000, &[0xff])), 1007);
    assert_eq!(code_of(&frame(CLOSE, &[3])), 1002);
}

#[test]
fn frames_against_the_rules_are_protocol_errors() {
    let masked = [FINAL | TEXT, 0x81, 1, 2, 3, 4, 5].to_vec();
    for (bytes, what) in [
        (masked, "masked"),
        (frame(FINAL | 0x03, b""), "a reserved opcode of data"),
        (frame(FINAL | 0x0b, b""), "a reserved opcode of control"),
        (frame(FINAL | RSV1 | TEXT, b""), "compressed without agreement"),
        (frame(FINAL | 0x20 | TEXT, b""), "the second reserved bit"),
        (frame(FINAL | 0x10 | TEXT, b""), "the third reserved bit"),
        (frame(PING | RSV1, b""), "a reserved bit of a ping"),
        (frame(0x09, b""), "a fragmented ping"),
        (frame(PING, &[0; 126]), "a long ping"),
        (frame(CLOSE, &[3; 126]), "a long close"),
        (frame(FINAL | CONTINUE, b""), "a continuation of nothing"),
        (frame(CONTINUE, b""), "a continuation of nothing, not final"),
        (
            [frame(TEXT, b""), frame(TEXT, b"")].concat(),
            "a message within another",
        ),
        (
            [frame(TEXT, b""), frame(FINAL | BINARY, b"")].concat(),
            "a message within another",
        ),
    ] {
        assert_eq!(code_of(&bytes), 1002, "{what}");
    }
}

#[test]
fn a_text_that_is_not_utf_8_fails_at_once() {
    for text in [
        &[0xff][..],
        &[0xc0, 0xaf],
        &[0xed, 0xa0, 0x80],
        &[0xf4, 0x90],
        &[b'a', 0xce, b'a'],
    ] {
        assert_eq!(code_of(&frame(FINAL | TEXT, text)), 1007, "{text:?}");
        assert_eq!(code_of(&frame(TEXT, text)), 1007, "{text:?}");
        // Without the rest of the frame.
        let announced = [&[FINAL | TEXT, 100], text].concat();
        assert_eq!(code_of(&announced), 1007, "{text:?}");
    }
    assert_eq!(
        code_of(&frame(FINAL | TEXT, &[0xce])),
        1007,
        "a text that ends within a character"
    );
    assert_eq!(code_of(&frame(TEXT, &[0xce])), 0, "one that may go on");
}

#[test]
fn messages_beyond_the_limit_are_refused_before_they_come() {
    let header = |first: u8, length: u64| [&[first, 127][..], &length.to_be_bytes()].concat();
    let limit = limits::MESSAGE_BYTES as u64;
    assert_eq!(code_of(&header(FINAL | BINARY, limit)), 0);
    assert_eq!(code_of(&header(FINAL | BINARY, limit + 1)), 1009);
    assert_eq!(code_of(&header(FINAL | BINARY, u64::MAX)), 1009);
    let in_parts = [frame(BINARY, b"x"), header(FINAL | CONTINUE, limit)].concat();
    assert_eq!(code_of(&in_parts), 1009);
}

#[test]
fn compressed_messages_are_read_in_fragments_too() {
    let message = "to be said again ".repeat(1000);
    let mut deflater = Deflater::new(AGREED).expect("a window");
    let payloads = [(); 2].map(|()| deflated(&mut deflater, message.as_bytes()));
    let middle = payloads[0].len() / 2;
    let bytes = [
        frame(RSV1 | TEXT, &payloads[0][..middle]),
        frame(PING, b""),
        frame(FINAL | CONTINUE, &payloads[0][middle..]),
        frame(FINAL | TEXT, b"plain"),
        frame(FINAL | RSV1 | BINARY, &payloads[1]),
    ]
    .concat();
    for length in [1, 10, usize::MAX] {
        let mut reader = Reader::new(Some(Inflater::new(AGREED)));
        let expected = vec![
            Event::Ping(Vec::new()),
            Event::Text(message.clone()),
            Event::Text("plain".into()),
            Event::Binary(message.clone().into_bytes()),
        ];
        assert_eq!(read(&mut reader, &bytes, length), (expected, None));
    }
    let continued = [frame(RSV1 | TEXT, &payloads[0][..middle]), frame(RSV1 | CONTINUE, b"")].concat();
    let broken = read(&mut Reader::new(Some(Inflater::new(AGREED))), &continued, usize::MAX).1;
    assert_eq!(broken.map(|broken| broken.code), Some(1002));
}

#[test]
fn what_is_written_is_what_was_said_and_masked() {
    let written = |say| {
        let mut output = Vec::new();
        block_on(Writer::new(None).write(say, &mut output)).expect("a frame");
        assert_eq!(output[1] & 0x80, 0x80, "masked");
        let mask: [u8; 4] = output[2..6].try_into().expect("a mask");
        let payload: Vec<u8> = output[6..]
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask)
            .collect();
        (output[0], payload)
    };
    assert_eq!(written(Say::Text(b"text".to_vec())), (FINAL | TEXT, b"text".to_vec()));
    assert_eq!(written(Say::Binary(vec![1])), (FINAL | BINARY, vec![1]));
    assert_eq!(written(Say::Pong(vec![2])), (PONG, vec![2]));
    assert_eq!(written(Say::Close(None)), (CLOSE, vec![]));
    assert_eq!(
        written(Say::Close(Some((1000, "ok".into())))),
        (CLOSE, vec![0x03, 0xe8, b'o', b'k'])
    );
    let (_, payload) = written(Say::Close(Some((4000, "é".repeat(100)))));
    assert_eq!(payload[2..], "é".repeat(61).into_bytes());
}

#[test]
fn long_messages_are_compressed_and_short_ones_are_not() {
    let mut writer = Writer::new(Deflater::new(AGREED));
    let mut written = |length| {
        let mut output = Vec::new();
        block_on(writer.write(Say::Text(vec![b'x'; length]), &mut output)).expect("a frame");
        (output[0] & RSV1 != 0, output.len())
    };
    assert_eq!(
        written(limits::COMPRESSED_FROM_BYTES - 1),
        (false, 8 + limits::COMPRESSED_FROM_BYTES - 1)
    );
    let (is_compressed, length) = written(limits::COMPRESSED_FROM_BYTES);
    assert!(is_compressed && length < 100, "{length}");
}
