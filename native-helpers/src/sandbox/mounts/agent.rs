//! A socket that speaks to an SSH agent for a run. The agent sees only requests that leave it as it is: a step may list
//! keys and have something signed, but not add, remove or lock them (draft-ietf-sshm-ssh-agent; BuildKit allows the same).

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::{self, JoinHandle};

use rustix::net::{Shutdown as End, shutdown};

use super::memory::{self, Access};
use crate::sandbox::detached::clone_at;
use crate::sys::mounts::{Restrictions, restrict};

const REQUEST_IDENTITIES: u8 = 11;
const SIGN_REQUEST: u8 = 13;
/// `SSH_AGENT_FAILURE` as a whole message.
const FAILURE: [u8; 5] = [0, 0, 0, 1, 5];
/// OpenSSH's limit for a message.
const MOST_BYTES: usize = 256 * 1024;

/// Serves one socket until it is dropped.
pub struct Relay {
    listener: UnixListener,
    serving: Option<JoinHandle<()>>,
}

impl Relay {
    /// A relay to the agent at `agent`, and its socket as a mount.
    pub fn start(agent: &Path, access: Access) -> io::Result<(Self, OwnedFd)> {
        let memory = memory::make()?;
        let listener = UnixListener::bind(format!("/proc/self/fd/{}/{}", memory.as_raw_fd(), memory::NAME))?;
        access.apply(&memory)?;
        let tree = clone_at(memory.as_fd(), memory::NAME)?;
        restrict(tree.as_fd(), Restrictions::NO_DEVICES.and(Restrictions::NO_SET_ID).and(Restrictions::NO_PROGRAMS))?;
        let accepting = listener.try_clone()?;
        let agent = agent.to_owned();
        let serving = thread::Builder::new().name("ssh agent".to_owned()).spawn(move || serve(&accepting, &agent))?;
        Ok((Self { listener, serving: Some(serving) }, tree))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Wakes the thread, which then finds nothing more to accept.
        let _ = shutdown(&self.listener, End::Both);
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

fn serve(listener: &UnixListener, agent: &Path) {
    while let Ok((client, _)) = listener.accept() {
        let agent = agent.to_owned();
        // A client whose thread cannot be started finds its connection closed. Each ends with its process.
        let _ = thread::Builder::new().spawn(move || {
            let _ = converse(&client, &agent);
            let _ = client.shutdown(Shutdown::Both);
        });
    }
}

/// Answers one client's requests until it hangs up.
fn converse(mut client: &UnixStream, agent: &Path) -> io::Result<()> {
    let mut agent = UnixStream::connect(agent)?;
    while let Some(request) = receive(&mut client)? {
        match request.get(4) {
            Some(&(REQUEST_IDENTITIES | SIGN_REQUEST)) => {
                agent.write_all(&request)?;
                let Some(answer) = receive(&mut agent)? else { return Ok(()) };
                client.write_all(&answer)?;
            }
            _ => client.write_all(&FAILURE)?,
        }
    }
    Ok(())
}

/// A whole message with its length in front; `None` at the end of the stream.
fn receive(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let size = u32::from_be_bytes(length) as usize;
    if size > MOST_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = length.to_vec();
    message.resize(4 + size, 0);
    from.read_exact(message.get_mut(4..).unwrap_or_default())?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Owner;

    #[test]
    fn only_requests_for_keys_and_signatures_reach_the_agent() {
        let path = std::env::temp_dir().join(format!("oci-build-agent-{}", std::process::id()));
        let agent = UnixListener::bind(&path).unwrap();
        let answering = thread::spawn(move || {
            let (mut client, _) = agent.accept().unwrap();
            let mut heard = Vec::new();
            while let Some(request) = receive(&mut client).unwrap() {
                heard.push(request[4]);
                client.write_all(&[0, 0, 0, 2, 99, request[4]]).unwrap();
            }
            heard
        });
        let access = Access { owner: Owner::ROOT, mode: 0o600 };
        let (relay, tree) = Relay::start(&path, access).unwrap();
        let mut client = UnixStream::connect(format!("/proc/self/fd/{}", tree.as_raw_fd())).unwrap();
        // Add a key, remove one, remove all, lock, unlock, an extension: refused.
        for request in [17, 18, 19, 22, 23, 27] {
            client.write_all(&[0, 0, 0, 1, request]).unwrap();
            assert_eq!(receive(&mut client).unwrap().unwrap(), FAILURE, "{request}");
        }
        for request in [REQUEST_IDENTITIES, SIGN_REQUEST] {
            client.write_all(&[0, 0, 0, 1, request]).unwrap();
            assert_eq!(receive(&mut client).unwrap().unwrap(), [0, 0, 0, 2, 99, request]);
        }
        drop((client, relay));
        assert_eq!(answering.join().unwrap(), [REQUEST_IDENTITIES, SIGN_REQUEST]);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn messages_are_read_whole_and_no_larger_than_openssh_takes_them() {
        assert_eq!(receive(&mut [0, 0, 0, 1, 11, 99].as_slice()).unwrap(), Some(vec![0, 0, 0, 1, 11]));
        assert_eq!(receive(&mut [].as_slice()).unwrap(), None);
        assert!(receive(&mut [0, 0, 0, 2, 11].as_slice()).is_err());
        assert!(receive(&mut [0, 4, 0, 1, 11].as_slice()).is_err());
    }
}
