//! The program itself, as a sealed copy in memory.
//!
//! A process in a sandbox can reach the file of a program that runs beside it through /proc/PID/exe. With a sealed copy
//! there is nothing to overwrite (CVE-2019-5736). The copy also serves as the sandbox's pid 1, under a root that has no
//! path to the helper's file.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::thread;
use std::time::Duration;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

use crate::sys::exec::execute_file;

const OWN: &str = "/proc/self/exe";

/// Goes on as a sealed copy of this program with `arguments` after the program's name. Comes back only with an error.
pub fn replace_program(arguments: &[&str]) -> io::Error {
    let replace = || -> io::Result<io::Error> {
        let copy = sealed_copy()?;
        let arguments = ["oci-build-helper"].iter().chain(arguments).map(|argument| Ok(CString::new(*argument)?));
        let environment = std::env::vars_os().map(|(mut key, value)| {
            key.push("=");
            key.push(value);
            Ok(CString::new(key.into_vec())?)
        });
        let (arguments, environment) =
            (arguments.collect::<io::Result<Vec<_>>>()?, environment.collect::<io::Result<Vec<_>>>()?);
        Ok(execute_file(copy.as_fd(), &arguments, &environment))
    };
    replace().unwrap_or_else(|error| error)
}

/// This program's file, to be run again.
pub fn own_program() -> io::Result<OwnedFd> {
    Ok(File::open(OWN)?.into())
}

fn sealed_copy() -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Linux 6.3 wants to be told that a memfd is to be run; older kernels do not know the flag.
    let name = "oci-build-helper";
    let memory = memfd_create(name, flags | MemfdFlags::EXEC).or_else(|_| memfd_create(name, flags))?;
    let mut copy = File::from(memory);
    io::copy(&mut File::open(OWN)?, &mut copy)?;
    copy.rewind()?;
    seal(&copy)?;
    Ok(copy.into())
}

/// Lets nobody write to the copy any more. The kernel refuses for as long as anything else holds one of its pages, which
/// includes its own moving and scanning of memory, so a busy machine needs patience.
fn seal(copy: &File) -> io::Result<()> {
    const ATTEMPTS: u32 = 20;
    for attempt in 1.. {
        match fcntl_add_seals(copy, SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE) {
            Err(Errno::BUSY) if attempt < ATTEMPTS => thread::sleep(Duration::from_millis(50)),
            result => return Ok(result?),
        }
    }
    Ok(())
}
