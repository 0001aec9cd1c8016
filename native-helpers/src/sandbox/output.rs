//! Captured output: from a process's pipes into frames.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rustix::pipe::{PipeFlags, pipe_with};

use crate::protocol::channel::Channel;
use crate::protocol::frame::Kind;

/// One read of a pipe, which is also what a pipe holds.
const CHUNK: usize = 64 * 1024;

/// Where frames go: which channel, for which request.
#[derive(Clone)]
pub struct Receiver {
    pub channel: Arc<Channel>,
    pub request: u32,
}

/// A pipe whose reading end is copied to `receiver` as frames of `kind` until every writer is gone.
pub fn capture(receiver: &Receiver, kind: Kind) -> std::io::Result<(OwnedFd, JoinHandle<()>)> {
    let (output, input) = pipe_with(PipeFlags::CLOEXEC)?;
    let receiver = receiver.clone();
    let copying = thread::Builder::new().name("output".to_owned()).spawn(move || {
        let mut output = File::from(output);
        let mut chunk = vec![0; CHUNK];
        loop {
            match output.read(&mut chunk) {
                Ok(0) => return,
                Ok(length) => {
                    receiver.channel.output(receiver.request, kind, chunk.get(..length).unwrap_or_default());
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    })?;
    Ok((input, copying))
}
