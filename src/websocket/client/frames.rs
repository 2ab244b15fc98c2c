//! What the bytes of a server mean: frames, their rules (RFC 6455, section 5), and the messages that they are parts of.
//!
//! Knows no connection: bytes go in, events come out. The payload of a message is read as it arrives, so that what is wrong
//! with it ends the connection at once, and a frame takes no memory before its bytes are there.

use std::io::Cursor;

use bytes::{Buf, BytesMut};
use tungstenite::Error;
use tungstenite::error::ProtocolError;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::broken::Broken;
use super::deflate::Inflater;
use super::limits;

/// What a server has said.
#[derive(Debug, PartialEq)]
pub enum Event {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    /// A close frame, with its code and reason if it has any.
    Close(Option<(u16, String)>),
}

/// The longest payload of a control frame (RFC 6455, 5.5).
pub const CONTROL_BYTES: usize = 125;

pub struct Reader {
    /// There if compression has been agreed on.
    inflater: Option<Inflater>,
    frame: Option<Frame>,
    message: Option<Message>,
}

/// The frame whose payload comes next.
struct Frame {
    opcode: OpCode,
    is_final: bool,
    left: usize,
}

/// The message that data frames are parts of.
struct Message {
    is_text: bool,
    is_compressed: bool,
    /// Bytes of payload that its frames have announced so far.
    announced: usize,
    content: Vec<u8>,
    /// How many bytes of a text are known to be UTF-8.
    valid: usize,
}

impl Reader {
    pub fn new(inflater: Option<Inflater>) -> Reader {
        Reader {
            inflater,
            frame: None,
            message: None,
        }
    }

    /// Takes what comes next out of the input. `None` when more is needed for it; all of a message's payload is taken even so.
    pub fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, Broken> {
        loop {
            let Some(frame) = &mut self.frame else {
                let Some(frame) = self.begin(input)? else {
                    return Ok(None);
                };
                self.frame = Some(frame);
                continue;
            };
            let length = frame.left.min(input.len());
            if let OpCode::Control(control) = frame.opcode {
                if length < frame.left {
                    return Ok(None);
                }
                self.frame = None;
                return control_event(control, &input.split_to(length)).map(Some);
            }
            frame.left -= length;
            let is_final = frame.is_final;
            if frame.left > 0 {
                self.append(&input.split_to(length))?;
                return Ok(None);
            }
            self.frame = None;
            self.append(&input.split_to(length))?;
            if is_final {
                return self.complete().map(Some);
            }
        }
    }

    /// Reads the header of a frame, if all of it is there.
    fn begin(&mut self, input: &mut BytesMut) -> Result<Option<Frame>, Broken> {
        let mut cursor = Cursor::new(&input[..]);
        let Some((header, length)) = FrameHeader::parse(&mut cursor).map_err(unknown)? else {
            return Ok(None);
        };
        let taken = cursor.position() as usize;
        input.advance(taken);
        if header.mask.is_some() {
            return Err(Broken::protocol("a frame of a server is masked"));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match header.opcode {
            OpCode::Control(_) => check_control(&header, length)?,
            OpCode::Data(data) => self.begin_data(data, &header, length)?,
        }
        Ok(Some(Frame {
            opcode: header.opcode,
            is_final: header.is_final,
            left: length,
        }))
    }

    fn begin_data(&mut self, data: Data, header: &FrameHeader, length: usize) -> Result<(), Broken> {
        let is_first = data != Data::Continue;
        let may_compress = is_first && self.inflater.is_some();
        if header.rsv2 || header.rsv3 || (header.rsv1 && !may_compress) {
            return Err(Broken::protocol("reserved bits of a frame are set"));
        }
        if is_first && self.message.is_some() {
            return Err(Broken::protocol("a message begins within another"));
        }
        if is_first {
            self.message = Some(Message {
                is_text: data == Data::Text,
                is_compressed: header.rsv1,
                announced: 0,
                content: Vec::new(),
                valid: 0,
            });
        }
        let Some(message) = &mut self.message else {
            return Err(Broken::protocol("a frame continues no message"));
        };
        message.announced = message.announced.saturating_add(length);
        if message.announced > limits::MESSAGE_BYTES {
            return Err(Broken::too_big(limits::MESSAGE_BYTES));
        }
        Ok(())
    }

    fn append(&mut self, payload: &[u8]) -> Result<(), Broken> {
        let Some(message) = &mut self.message else {
            return Ok(());
        };
        match &mut self.inflater {
            Some(inflater) if message.is_compressed => {
                inflater.inflate(payload, &mut message.content, limits::MESSAGE_BYTES)?;
            }
            _ => message.content.extend_from_slice(payload),
        }
        message.check()
    }

    fn complete(&mut self) -> Result<Event, Broken> {
        let Some(mut message) = self.message.take() else {
            return Err(Broken::protocol("a frame continues no message"));
        };
        if let Some(inflater) = &mut self.inflater
            && message.is_compressed
        {
            inflater.end(&mut message.content, limits::MESSAGE_BYTES)?;
        }
        if !message.is_text {
            return Ok(Event::Binary(message.content));
        }
        String::from_utf8(message.content).map(Event::Text).map_err(not_text)
    }
}

impl Message {
    /// A text that is wrong is refused with the first byte that makes it so.
    fn check(&mut self) -> Result<(), Broken> {
        if !self.is_text {
            return Ok(());
        }
        match std::str::from_utf8(&self.content[self.valid..]) {
            Ok(text) => self.valid += text.len(),
            Err(error) if error.error_len().is_some() => return Err(not_text(error)),
            Err(error) => self.valid += error.valid_up_to(),
        }
        Ok(())
    }
}

fn not_text<E>(_: E) -> Broken {
    Broken::data("a text is not UTF-8")
}

fn unknown(error: Error) -> Broken {
    match error {
        Error::Protocol(ProtocolError::InvalidOpcode(opcode)) => {
            Broken::protocol(format!("a frame has the invalid opcode {opcode}"))
        }
        error => Broken::protocol(error),
    }
}

fn check_control(header: &FrameHeader, length: usize) -> Result<(), Broken> {
    if header.rsv1 || header.rsv2 || header.rsv3 {
        return Err(Broken::protocol("reserved bits of a frame are set"));
    }
    if !header.is_final {
        return Err(Broken::protocol("a control frame is fragmented"));
    }
    if length > CONTROL_BYTES {
        return Err(Broken::protocol(format!(
            "a control frame has more than {CONTROL_BYTES} bytes"
        )));
    }
    Ok(())
}

/// Whether a close frame may have a code: those that are registered for it, and those of libraries and applications
/// (<https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number>).
fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

fn control_event(control: Control, payload: &[u8]) -> Result<Event, Broken> {
    match (control, payload) {
        (Control::Ping, _) => Ok(Event::Ping(payload.to_vec())),
        (Control::Close, []) => Ok(Event::Close(None)),
        (Control::Close, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            if !is_close_code(code) {
                return Err(Broken::protocol(format!("a close frame has the invalid code {code}")));
            }
            let reason = String::from_utf8(reason.to_vec()).map_err(not_text)?;
            Ok(Event::Close(Some((code, reason))))
        }
        (Control::Close, _) => Err(Broken::protocol("a close frame has half a code")),
        _ => Ok(Event::Pong),
    }
}
