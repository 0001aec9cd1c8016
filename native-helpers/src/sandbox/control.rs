//! The socket between the helper and a sandbox: messages as `u32 length | JSON`, with descriptors beside them.
//!
//! Its end is news too. The sandbox's pid 1 ends when the helper's side closes, so that nothing survives the helper.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair, sockopt,
};
use rustix::process::Pid;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// More than any command line, environment and generated files may come to.
const LIMIT: usize = 64 * 1024 * 1024;
/// Descriptors 0, 1 and 2.
const MOST_DESCRIPTORS: usize = 3;

/// One end of a control socket.
pub struct Control(OwnedFd);

/// A message as it arrives.
pub struct Message<T> {
    pub value: T,
    pub descriptors: Vec<OwnedFd>,
    /// The process that sent it, numbered as this process sees it; known on the helper's end only.
    pub sender: Option<Pid>,
}

impl Control {
    /// The helper's end, which learns who sends, and the sandbox's end.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (near, far) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        sockopt::set_socket_passcred(&near, true)?;
        Ok((Self(near), Self(far)))
    }

    /// The end that a sandbox was started with.
    pub fn new(socket: OwnedFd) -> Self {
        Self(socket)
    }

    pub fn send(&self, value: &impl Serialize, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        let body = serde_json::to_vec(value)?;
        let length = u32::try_from(body.len()).map_err(io::Error::other)?;
        let bytes = [&length.to_le_bytes(), body.as_slice()].concat();
        let mut rest = bytes.as_slice();
        let mut with = descriptors;
        while !rest.is_empty() {
            let sent = retry(|| self.send_part(rest, with))?;
            rest = rest.get(sent..).unwrap_or_default();
            with = &[];
        }
        Ok(())
    }

    /// The next message; `None` when the other end is closed.
    pub fn receive<T: DeserializeOwned>(&self) -> io::Result<Option<Message<T>>> {
        let mut descriptors = Vec::new();
        let mut sender = None;
        let mut length = [0; 4];
        if !self.fill(&mut length, &mut descriptors, &mut sender)? {
            return Ok(None);
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > LIMIT {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        let mut body = vec![0; length];
        if !self.fill(&mut body, &mut descriptors, &mut sender)? {
            return Ok(None);
        }
        Ok(Some(Message { value: serde_json::from_slice(&body)?, descriptors, sender }))
    }

    fn send_part(&self, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<usize, Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(Errno::MSGSIZE);
        }
        sendmsg(&self.0, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL)
    }

    /// Fills `buffer`; false when the other end is closed.
    fn fill(&self, buffer: &mut [u8], descriptors: &mut Vec<OwnedFd>, sender: &mut Option<Pid>) -> io::Result<bool> {
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let mut space =
                [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS), ScmCredentials(1))];
            let mut ancillary = RecvAncillaryBuffer::new(&mut space);
            let received =
                retry(|| recvmsg(&self.0, &mut [IoSliceMut::new(rest)], &mut ancillary, RecvFlags::CMSG_CLOEXEC));
            let received = match received {
                Ok(message) => message.bytes,
                Err(Errno::CONNRESET) => 0,
                Err(error) => return Err(error.into()),
            };
            for message in ancillary.drain() {
                match message {
                    RecvAncillaryMessage::ScmRights(rights) => descriptors.extend(rights),
                    RecvAncillaryMessage::ScmCredentials(credentials) => *sender = Some(credentials.pid),
                    _ => {}
                }
            }
            if received == 0 {
                return Ok(false);
            }
            done += received;
        }
        Ok(true)
    }
}

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn messages_arrive_whole_with_their_descriptors_and_their_sender() {
        let (near, far) = Control::pair().unwrap();
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let long = "x".repeat(3_000_000);
        let thread = std::thread::spawn({
            let long = long.clone();
            move || {
                far.send(&long, &[writer.as_fd()]).unwrap();
                far.send(&7, &[]).unwrap();
            }
        });
        let first = near.receive::<String>().unwrap().unwrap();
        assert_eq!(first.value, long);
        assert_eq!(first.sender, Some(rustix::process::getpid()));
        let [writer] = <[OwnedFd; 1]>::try_from(first.descriptors).unwrap();
        std::fs::File::from(writer).write_all(b"hi").unwrap();
        assert_eq!(near.receive::<i32>().unwrap().unwrap().value, 7);
        thread.join().unwrap();
        assert!(near.receive::<i32>().unwrap().is_none(), "the far end is closed");
        let mut text = String::new();
        std::fs::File::from(reader).read_to_string(&mut text).unwrap();
        assert_eq!(text, "hi");
    }
}
