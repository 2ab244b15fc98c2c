//! Frames on their way to a server. A message is one frame, masked as those of clients are (RFC 6455, 5.3).

use std::io;

use bytes::Bytes;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameHeader};

use super::deflate::Deflater;
use super::frames::CONTROL_BYTES;
use super::limits;

/// What a client says.
#[derive(Debug, PartialEq)]
pub enum Say {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Pong(Vec<u8>),
    /// A close frame, with a code and a reason if it has any.
    Close(Option<(u16, String)>),
}

pub struct Writer {
    /// There if compression has been agreed on.
    deflater: Option<Deflater>,
}

impl Writer {
    pub fn new(deflater: Option<Deflater>) -> Writer {
        Writer { deflater }
    }

    /// Appends a frame to what is to be written.
    pub async fn write(&mut self, say: Say, output: &mut Vec<u8>) -> io::Result<()> {
        let (opcode, payload) = match say {
            Say::Text(text) => (OpCode::Data(Data::Text), text),
            Say::Binary(bytes) => (OpCode::Data(Data::Binary), bytes),
            Say::Pong(payload) => (OpCode::Control(Control::Pong), payload),
            Say::Close(close) => (OpCode::Control(Control::Close), close_payload(close)),
        };
        let compressed = match opcode {
            OpCode::Data(_) => self.compressed(&payload).await,
            OpCode::Control(_) => None,
        };
        let header = FrameHeader {
            opcode,
            rsv1: compressed.is_some(),
            mask: Some(mask()?),
            ..FrameHeader::default()
        };
        let frame = Frame::from_payload(header, Bytes::from(compressed.unwrap_or(payload)));
        frame.format(output).map_err(io::Error::other)
    }

    /// Compresses a message, with pauses: the thread has other connections.
    async fn compressed(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let is_worth_it = message.len() >= limits::COMPRESSED_FROM_BYTES;
        let deflater = self.deflater.as_mut().filter(|_| is_worth_it)?;
        let mut payload = Vec::new();
        for piece in message.chunks(limits::COMPRESSED_AT_ONCE_BYTES) {
            deflater.deflate(piece, &mut payload)?;
            if piece.len() == limits::COMPRESSED_AT_ONCE_BYTES {
                tokio::task::yield_now().await;
            }
        }
        deflater.end(&mut payload)?;
        Some(payload)
    }
}

fn mask() -> io::Result<[u8; 4]> {
    let random = getrandom::u32().map_err(|error| io::Error::other(error.to_string()));
    Ok(random?.to_ne_bytes())
}

/// The code and as much of the reason as a control frame holds.
fn close_payload(close: Option<(u16, String)>) -> Vec<u8> {
    let Some((code, reason)) = close else {
        return Vec::new();
    };
    let mut payload = code.to_be_bytes().to_vec();
    let length = reason.floor_char_boundary(CONTROL_BYTES - payload.len());
    payload.extend_from_slice(&reason.as_bytes()[..length]);
    payload
}
