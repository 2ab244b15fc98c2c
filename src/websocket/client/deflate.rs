//! Messages in compressed form: permessage-deflate (RFC 7692) over raw deflate streams.
//!
//! Each direction has a stream, made when the first compressed message needs it: a socket without such messages is small.

use zlib_rs::{Deflate, DeflateFlush, Inflate, InflateFlush, Status};

use super::broken::Broken;

/// What client and server have agreed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreed {
    /// Whether each message of a side is compressed by itself.
    pub client_no_context_takeover: bool,
    pub server_no_context_takeover: bool,
    /// The size of the client's window, as a power of two.
    pub client_window_bits: u8,
}

/// The largest window: it serves for whatever a server has used.
pub const WINDOW_BITS: u8 = 15;

/// The smallest window that the library compresses with. A client may send its messages as they are, so a server that
/// demands a smaller window gets them uncompressed.
const SMALLEST_WINDOW_BITS: u8 = 9;

/// What ends a message, and is left out on the wire: the empty block that a flush writes.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// How many bytes are made at a time.
const STEP_BYTES: usize = 8 * 1024;

/// How hard the library tries: as zlib does unless told otherwise.
const LEVEL: i32 = 6;

/// Compresses the messages of a client.
pub struct Deflater {
    stream: Option<Deflate>,
    window_bits: u8,
    starts_over: bool,
}

impl Deflater {
    /// `None` when messages are to go as they are.
    pub fn new(agreed: Agreed) -> Option<Deflater> {
        (agreed.client_window_bits >= SMALLEST_WINDOW_BITS).then_some(Deflater {
            stream: None,
            window_bits: agreed.client_window_bits,
            starts_over: agreed.client_no_context_takeover,
        })
    }

    /// Appends a piece of a message in compressed form. `None` when the library fails, which it has no reason for.
    pub fn deflate(&mut self, piece: &[u8], output: &mut Vec<u8>) -> Option<()> {
        self.append(piece, output, DeflateFlush::NoFlush)
    }

    /// Completes the payload of a message.
    pub fn end(&mut self, output: &mut Vec<u8>) -> Option<()> {
        self.append(&[], output, DeflateFlush::SyncFlush)?;
        if self.starts_over
            && let Some(stream) = &mut self.stream
        {
            stream.reset();
        }
        let length = output.strip_suffix(&TAIL)?.len();
        output.truncate(length);
        Some(())
    }

    fn append(&mut self, mut input: &[u8], output: &mut Vec<u8>, flush: DeflateFlush) -> Option<()> {
        let window_bits = self.window_bits;
        let stream = self
            .stream
            .get_or_insert_with(|| Deflate::new(LEVEL, false, window_bits));
        let mut made = [0; STEP_BYTES];
        loop {
            let (taken, length) = (stream.total_in(), stream.total_out());
            stream.compress(input, &mut made, flush).ok()?;
            let (taken, length) = (stream.total_in() - taken, stream.total_out() - length);
            input = &input[taken as usize..];
            output.extend_from_slice(&made[..length as usize]);
            if input.is_empty() && (length as usize) < made.len() {
                return Some(());
            }
        }
    }
}

/// Decompresses the messages of a server.
pub struct Inflater {
    stream: Option<Inflate>,
    starts_over: bool,
}

impl Inflater {
    pub fn new(agreed: Agreed) -> Inflater {
        Inflater {
            stream: None,
            starts_over: agreed.server_no_context_takeover,
        }
    }

    /// Appends what a piece of a message's payload stands for, up to `limit` bytes in all.
    pub fn inflate(&mut self, mut input: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
        let stream = self.stream.get_or_insert_with(|| Inflate::new(false, WINDOW_BITS));
        let mut made = [0; STEP_BYTES];
        loop {
            let (taken, length) = (stream.total_in(), stream.total_out());
            let status = stream.decompress(input, &mut made, InflateFlush::SyncFlush);
            let status = status.map_err(|_| unreadable())?;
            let (taken, length) = (stream.total_in() - taken, (stream.total_out() - length) as usize);
            input = &input[taken as usize..];
            output.extend_from_slice(&made[..length]);
            if output.len() > limit {
                return Err(Broken::too_big(limit));
            }
            // A block may be marked as the last one; the next begins as a stream does.
            if status == Status::StreamEnd {
                stream.reset(false);
            }
            if input.is_empty() && (length < made.len() || status == Status::StreamEnd) {
                return Ok(());
            }
            if taken == 0 && length == 0 && status != Status::StreamEnd {
                return Err(unreadable());
            }
        }
    }

    /// Appends the rest of a message whose payload is complete.
    pub fn end(&mut self, output: &mut Vec<u8>, limit: usize) -> Result<(), Broken> {
        self.inflate(&TAIL, output, limit)?;
        if self.starts_over
            && let Some(stream) = &mut self.stream
        {
            stream.reset(false);
        }
        Ok(())
    }
}

fn unreadable() -> Broken {
    Broken::data("a compressed message cannot be decompressed")
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const AGREED: Agreed = Agreed {
        client_no_context_takeover: false,
        server_no_context_takeover: false,
        client_window_bits: WINDOW_BITS,
    };
    const LIMIT: usize = 1 << 20;

    fn inflated(inflater: &mut Inflater, payload: &[u8]) -> Result<Vec<u8>, Broken> {
        let mut output = Vec::new();
        for piece in payload.chunks(7) {
            inflater.inflate(piece, &mut output, LIMIT)?;
        }
        inflater.end(&mut output, LIMIT)?;
        Ok(output)
    }

    /// The payload of a message, compressed in pieces.
    pub fn deflated(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        for piece in message.chunks(10_000) {
            deflater.deflate(piece, &mut payload).expect("a payload");
        }
        deflater.end(&mut payload).expect("a payload");
        payload
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u32;
        let step = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(step).collect()
    }

    #[test]
    fn messages_come_back_in_every_way_to_agree() {
        for window_bits in SMALLEST_WINDOW_BITS..=WINDOW_BITS {
            for no_context_takeover in [false, true] {
                let agreed = Agreed {
                    client_no_context_takeover: no_context_takeover,
                    server_no_context_takeover: no_context_takeover,
                    client_window_bits: window_bits,
                };
                let mut deflater = Deflater::new(agreed).expect("a window");
                let mut inflater = Inflater::new(agreed);
                for message in [
                    noise(1),
                    noise(100_000),
                    vec![7; 300_000],
                    noise(STEP_BYTES),
                    noise(70_000),
                ] {
                    let payload = deflated(&mut deflater, &message);
                    assert_eq!(inflated(&mut inflater, &payload), Ok(message));
                }
            }
        }
    }

    #[test]
    fn a_message_repeats_the_one_before_where_context_is_kept() {
        let message = noise(2_000);
        let sizes = |agreed| {
            let mut deflater = Deflater::new(agreed).expect("a window");
            [(); 2].map(|()| deflated(&mut deflater, &message).len())
        };
        let [first, second] = sizes(AGREED);
        assert!(second * 10 < first, "{first} {second}");
        let alone = Agreed {
            client_no_context_takeover: true,
            ..AGREED
        };
        let [first, second] = sizes(alone);
        assert_eq!(first, second);
    }

    #[test]
    fn a_window_that_is_too_small_means_no_compression() {
        let small = Agreed {
            client_window_bits: 8,
            ..AGREED
        };
        assert!(Deflater::new(small).is_none());
    }

    #[test]
    fn the_examples_of_the_specification_are_read() {
        // RFC 7692, 7.2.3: one block, a second message that refers to the first, no compression, a last block.
        let mut inflater = Inflater::new(AGREED);
        let first = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflated(&mut inflater, &first), Ok(b"Hello".to_vec()));
        let second = [0xf2, 0x00, 0x11, 0x00, 0x00];
        assert_eq!(inflated(&mut inflater, &second), Ok(b"Hello".to_vec()));
        let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
        assert_eq!(inflated(&mut inflater, &stored), Ok(b"Hello".to_vec()));
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflated(&mut inflater, &last), Ok(b"Hello".to_vec()));
        let two_blocks = [
            0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00,
        ];
        assert_eq!(inflated(&mut inflater, &two_blocks), Ok(b"Hello".to_vec()));
    }

    #[test]
    fn an_empty_payload_is_an_empty_message() {
        assert_eq!(inflated(&mut Inflater::new(AGREED), &[]), Ok(Vec::new()));
        assert_eq!(inflated(&mut Inflater::new(AGREED), &[0]), Ok(Vec::new()));
    }

    #[test]
    fn nonsense_and_bombs_are_refused() {
        let broken = inflated(&mut Inflater::new(AGREED), &[0xff; 40]).expect_err("nonsense");
        assert_eq!(broken.code, 1007);
        let bomb = deflated(&mut Deflater::new(AGREED).expect("a window"), &vec![0; LIMIT + 1]);
        let broken = inflated(&mut Inflater::new(AGREED), &bomb).expect_err("too much");
        assert_eq!(broken.code, 1009);
        let mut whole = Vec::new();
        let refused = Inflater::new(AGREED)
            .inflate(&bomb, &mut whole, 100)
            .expect_err("too much");
        assert_eq!(refused.code, 1009);
        assert!(whole.capacity() <= 4 * STEP_BYTES, "{}", whole.capacity());
    }
}
