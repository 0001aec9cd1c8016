//! Frames: `u32 length | u8 kind | u32 request id | payload`, little endian, where the length counts what follows it.

use std::io::{self, Read};

/// The longest frame, counted as its length field counts.
pub const LIMIT: usize = 16 * 1024 * 1024;

const HEADER: usize = 5;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Request = 1,
    Result = 2,
    Failure = 3,
    Notice = 4,
    Event = 5,
    Stdout = 6,
    Stderr = 7,
}

/// A frame as it arrives. The kind is a plain number, because the other side may know more kinds than this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub request: u32,
    pub payload: Vec<u8>,
}

/// Why there is no next frame.
#[derive(Debug)]
pub enum FrameError {
    /// The length field is below the header or above the limit, so that nothing after it can be trusted.
    Length(usize),
    /// The stream ended inside a frame, or cannot be read any more.
    Cut,
}

/// Reads the next frame; `None` when the stream ends between two frames.
pub fn read(from: &mut impl Read) -> Result<Option<Frame>, FrameError> {
    let mut length = [0; 4];
    if !fill_or_end(from, &mut length).map_err(|_| FrameError::Cut)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes(length) as usize;
    if !(HEADER..=LIMIT).contains(&length) {
        return Err(FrameError::Length(length));
    }
    let mut kind = [0; 1];
    let mut request = [0; 4];
    let mut payload = vec![0; length - HEADER];
    for part in [kind.as_mut_slice(), request.as_mut_slice(), payload.as_mut_slice()] {
        from.read_exact(part).map_err(|_| FrameError::Cut)?;
    }
    Ok(Some(Frame { kind: u8::from_le_bytes(kind), request: u32::from_le_bytes(request), payload }))
}

/// A frame's bytes. Payloads are made by this program and far below the limit.
pub fn encode(kind: Kind, request: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(4 + HEADER + payload.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.push(kind as u8);
    bytes.extend_from_slice(&request.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Fills `buffer`; false when the stream ends before its first byte.
fn fill_or_end(from: &mut impl Read, buffer: &mut [u8; 4]) -> io::Result<bool> {
    let (first, rest) = buffer.split_at_mut(1);
    loop {
        match from.read(first) {
            Ok(0) => return Ok(false),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    from.read_exact(rest)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_the_way_there_and_back() {
        for payload in [b"".as_slice(), b"{}", &[0xff; 70_000]] {
            let bytes = encode(Kind::Stdout, 0xdead_beef, payload);
            let frame = read(&mut bytes.as_slice()).unwrap().unwrap();
            assert_eq!(frame, Frame { kind: 6, request: 0xdead_beef, payload: payload.to_vec() });
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        assert_eq!(encode(Kind::Result, 258, b"{}"), [7, 0, 0, 0, 2, 2, 1, 0, 0, b'{', b'}']);
    }

    #[test]
    fn frames_follow_each_other_until_the_end() {
        let mut bytes = encode(Kind::Request, 1, b"a");
        bytes.extend(encode(Kind::Notice, 2, b""));
        let mut stream = bytes.as_slice();
        assert_eq!(read(&mut stream).unwrap().unwrap().request, 1);
        assert_eq!(read(&mut stream).unwrap().unwrap().request, 2);
        assert!(read(&mut stream).unwrap().is_none());
    }

    #[test]
    fn a_length_out_of_range_is_refused_before_anything_is_read() {
        for length in [0_u32, 4, 16 * 1024 * 1024 + 1, u32::MAX] {
            let bytes = [&length.to_le_bytes()[..], &[1; 16]].concat();
            assert!(matches!(read(&mut bytes.as_slice()), Err(FrameError::Length(found)) if found == length as usize));
        }
    }

    #[test]
    fn a_stream_cut_inside_a_frame_is_an_error() {
        let bytes = encode(Kind::Request, 1, b"abc");
        for cut in 1..bytes.len() {
            assert!(matches!(read(&mut &bytes[..cut]), Err(FrameError::Cut)), "cut at {cut}");
        }
    }
}
