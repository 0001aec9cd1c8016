//! The sending side of the socket, shared by all running requests.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::frame::{Kind, encode};
use crate::failure::Failure;

/// Sends whole frames, one at a time. A send that blocks because oci-build reads slowly holds up the process whose
/// output it carries, which is what keeps memory bounded.
pub struct Channel(Mutex<UnixStream>);

impl Channel {
    pub fn new(socket: UnixStream) -> Self {
        Self(Mutex::new(socket))
    }

    pub fn result(&self, request: u32, result: &serde_json::Value) {
        self.json(Kind::Result, request, result);
    }

    pub fn failure(&self, request: u32, failure: &Failure) {
        self.json(Kind::Failure, request, failure);
    }

    pub fn event(&self, request: u32, event: &impl Serialize) {
        self.json(Kind::Event, request, event);
    }

    /// Output of a process: `kind` is `Stdout` or `Stderr`.
    pub fn output(&self, request: u32, kind: Kind, bytes: &[u8]) {
        self.frame(kind, request, bytes);
    }

    fn json(&self, kind: Kind, request: u32, value: &impl Serialize) {
        let payload = serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec());
        self.frame(kind, request, &payload);
    }

    /// An error means that oci-build is gone. The reader sees the end of the stream then and ends the session.
    fn frame(&self, kind: Kind, request: u32, payload: &[u8]) {
        let mut socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = socket.write_all(&encode(kind, request, payload));
    }
}
