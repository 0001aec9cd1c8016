//! A run's terminal: between the helper's own descriptors 0 and 1 and the master side of the sandbox's.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, read, write};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize};

/// The terminal of this process as it was before it was made raw, and the sandbox's terminal that follows its size.
/// There is one terminal per process, so this is global: a signal must find it.
static CURRENT: Mutex<Option<Current>> = Mutex::new(None);

struct Current {
    before: Option<Termios>,
    master: OwnedFd,
}

/// Copying between the two terminals. Ends, and restores the outer terminal, when dropped.
pub struct Connection {
    output: Option<JoinHandle<()>>,
    input: Option<JoinHandle<()>>,
    stop_input: Option<OwnedFd>,
}

impl Connection {
    /// Makes the outer terminal raw and connects it with `master`.
    pub fn open(master: OwnedFd) -> std::io::Result<Self> {
        let before = tcgetattr(stdin()).ok();
        if let Some(mut raw) = before.clone() {
            raw.make_raw();
            tcsetattr(stdin(), OptionalActions::Now, &raw)?;
        }
        *current() = Some(Current { before, master: master.try_clone()? });
        resized();
        let (stopped, stop_input) = pipe_with(PipeFlags::CLOEXEC)?;
        let writer = master.try_clone()?;
        let output = thread::Builder::new().name("terminal output".to_owned()).spawn(move || {
            copy_output(&master);
        })?;
        let input = thread::Builder::new().name("terminal input".to_owned()).spawn(move || {
            copy_input(&writer, &stopped);
        })?;
        Ok(Self { output: Some(output), input: Some(input), stop_input: Some(stop_input) })
    }

    /// Waits until the last output was copied. The sandbox must be gone by then.
    pub fn finish(mut self) {
        if let Some(output) = self.output.take() {
            let _ = output.join();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stop_input = None;
        if let Some(input) = self.input.take() {
            let _ = input.join();
        }
        restore();
    }
}

/// Gives the outer terminal its settings back. Safe to call at any time, by any thread.
pub fn restore() {
    if let Some(Current { before: Some(before), .. }) = current().take() {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
    }
}

/// Passes the outer terminal's size on.
pub fn resized() {
    if let Some(Current { master, .. }) = &*current() {
        if let Ok(size) = tcgetwinsize(stdin()).or_else(|_| tcgetwinsize(stdout())) {
            let _ = tcsetwinsize(master, size);
        }
    }
}

fn current() -> std::sync::MutexGuard<'static, Option<Current>> {
    CURRENT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Until the sandbox's last process has closed its side (EIO).
fn copy_output(master: &OwnedFd) {
    let mut chunk = [0; 16 * 1024];
    loop {
        match read(master, &mut chunk) {
            Ok(0) => return,
            Ok(length) => {
                if !write_all(stdout(), chunk.get(..length).unwrap_or_default()) {
                    return;
                }
            }
            Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// Until `stopped` is closed at its other end. The end of an input that is no terminal is typed as Ctrl-D.
fn copy_input(master: &OwnedFd, stopped: &OwnedFd) {
    let mut chunk = [0; 4096];
    loop {
        let input = stdin();
        let mut ready = [PollFd::new(&input, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(_) => return,
        }
        let [typed, stop] = ready.map(|it| !it.revents().is_empty());
        if stop {
            return;
        }
        if typed {
            match read(stdin(), &mut chunk) {
                Ok(0) => {
                    write_all(master.as_fd(), &[4]);
                    return;
                }
                Ok(length) => {
                    if !write_all(master.as_fd(), chunk.get(..length).unwrap_or_default()) {
                        return;
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match write(to, bytes) {
            Ok(length) => bytes = bytes.get(length..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let mut ready = [PollFd::from_borrowed_fd(to, PollFlags::OUT)];
                let _ = poll(&mut ready, None);
            }
            Err(_) => return false,
        }
    }
    true
}
