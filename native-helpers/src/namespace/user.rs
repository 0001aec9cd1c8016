//! A user namespace with many ids, or with one.
//!
//! A scout child makes the namespaces and tries them; this process maps the scout's ids from outside (newuidmap must
//! run outside) and, when everything worked, joins. When something did not, only the scout is lost.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::Command;

use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, getgid, getuid, kill_process, pidfd_open};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use super::obstacle::{self, Obstacle, Switches};
use super::subids::{Extent, identity, mapping, ranges};
use crate::protocol::messages::Place;
use crate::search_path::find_program;
use crate::sys::fork::{Fork, fork, wait};
use crate::sys::namespaces::{Namespaces, unshare};

const MAKE: &str = "make a user namespace";

/// Moves this process into a user namespace where it is root, over a range of ids or else over its own alone, and into a
/// mount namespace there.
pub fn enter() -> Result<Place, Obstacle> {
    let many = Mapper::find().and_then(|mapper| enter_by(&mapper));
    match many {
        Ok(()) => Ok(Place::Subids),
        Err(obstacle) if obstacle.is_of_subids() => enter_by(&Mapper::Own).map(|()| Place::Single),
        Err(obstacle) => Err(obstacle),
    }
}

fn enter_by(mapper: &Mapper) -> Result<(), Obstacle> {
    let mut scout = Scout::send().map_err(forbidden)?;
    scout.made_namespace()?;
    mapper.map(scout.pid)?;
    scout.tried_mounts()?;
    scout.join().map_err(forbidden)
}

fn forbidden(error: io::Error) -> Obstacle {
    obstacle::userns_forbidden(MAKE, &error, Switches::read())
}

/// A child that goes ahead. It is killed when this value is dropped.
struct Scout {
    pid: Pid,
    /// Four bytes per step that the scout took: 0, or the errno of the step that failed.
    reports: OwnedFd,
    /// Closed or written once the scout's ids are mapped.
    mapped: Option<OwnedFd>,
}

impl Scout {
    fn send() -> io::Result<Self> {
        let (reports, report) = pipe_with(PipeFlags::CLOEXEC)?;
        let (wait_mapped, mapped) = pipe_with(PipeFlags::CLOEXEC)?;
        match fork()? {
            Fork::Child => {
                drop((reports, mapped));
                scout(&report, &wait_mapped);
                std::process::exit(0)
            }
            Fork::Parent(pid) => Ok(Self { pid, reports, mapped: Some(mapped) }),
        }
    }

    fn made_namespace(&mut self) -> Result<(), Obstacle> {
        self.report().map_err(forbidden)
    }

    fn tried_mounts(&mut self) -> Result<(), Obstacle> {
        self.mapped = None;
        self.report().map_err(|error| {
            let switches = Switches::read();
            // AppArmor lets the namespace be made and then takes its powers away.
            if switches.apparmor_restrict == Some(1) {
                obstacle::userns_forbidden("use the user namespace", &error, switches)
            } else {
                obstacle::mount_forbidden("make a mount namespace inside the user namespace", &error)
            }
        })
    }

    fn join(&self) -> io::Result<()> {
        let scout = pidfd_open(self.pid, PidfdFlags::empty())?;
        move_into_thread_name_spaces(scout.as_fd(), ThreadNameSpaceType::USER | ThreadNameSpaceType::MOUNT)?;
        Ok(())
    }

    fn report(&self) -> io::Result<()> {
        let mut errno = [0; 4];
        match rustix::io::read(&self.reports, &mut errno)? {
            4 if errno == [0; 4] => Ok(()),
            4 => Err(io::Error::from_raw_os_error(i32::from_ne_bytes(errno))),
            _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        }
    }
}

impl Drop for Scout {
    fn drop(&mut self) {
        let _ = kill_process(self.pid, Signal::KILL);
        let _ = wait(self.pid);
    }
}

/// The scout's life: a user namespace, then, with ids, a mount namespace; then it waits to be killed.
fn scout(report: &OwnedFd, mapped: &OwnedFd) {
    let tell = |result: io::Result<()>| {
        let errno = result.err().map_or(0, |error| error.raw_os_error().unwrap_or(libc::EIO));
        rustix::io::write(report, &errno.to_ne_bytes()).is_ok() && errno == 0
    };
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    if !tell(unshare(Namespaces::NEWUSER)) {
        return;
    }
    let _ = rustix::io::read(mapped, &mut [0; 1]);
    let try_mounts = || {
        unshare(Namespaces::NEWNS)?;
        let everywhere = rustix::mount::MountPropagationFlags::REC | rustix::mount::MountPropagationFlags::PRIVATE;
        Ok(rustix::mount::mount_change("/", everywhere)?)
    };
    if tell(try_mounts()) {
        loop {
            std::thread::park();
        }
    }
}

/// Who writes the scout's id maps.
enum Mapper {
    /// Root of a container may write them itself (it has CAP_SETUID and CAP_SETGID over its own ids).
    Direct,
    /// Anybody may map the own id, and no other.
    Own,
    /// The set-uid programs of the shadow suite, for what /etc/subuid and /etc/subgid allow.
    Programs { newuidmap: PathBuf, newgidmap: PathBuf, uids: Vec<Extent>, gids: Vec<Extent> },
}

impl Mapper {
    fn find() -> Result<Self, Obstacle> {
        if geteuid().is_root() {
            return Ok(Self::Direct);
        }
        let program = |name: &str| find_program(name).ok_or_else(|| obstacle::newuidmap_missing(name));
        let (uid, gid) = (getuid().as_raw(), getgid().as_raw());
        let name = user_name(uid);
        let extents = |file: &str, own: u32| {
            let table = fs::read_to_string(file).unwrap_or_default();
            let ranges = ranges(&table, name.as_deref(), uid);
            if ranges.is_empty() {
                let user = name.clone().unwrap_or_else(|| uid.to_string());
                return Err(obstacle::subids_missing(file, &user));
            }
            Ok(mapping(own, &ranges))
        };
        Ok(Self::Programs {
            newuidmap: program("newuidmap")?,
            newgidmap: program("newgidmap")?,
            uids: extents("/etc/subuid", uid)?,
            gids: extents("/etc/subgid", gid)?,
        })
    }

    fn map(&self, scout: Pid) -> Result<(), Obstacle> {
        match self {
            Self::Direct => ["uid_map", "gid_map"].into_iter().try_for_each(|file| {
                let own = fs::read_to_string(format!("/proc/self/{file}")).map_err(forbidden)?;
                let lines = identity(&own).iter().map(line).collect::<Vec<_>>().join("\n");
                fs::write(format!("/proc/{}/{file}", scout.as_raw_pid()), lines).map_err(forbidden)
            }),
            Self::Own => {
                let (uid, gid) = (getuid().as_raw(), getgid().as_raw());
                [("setgroups", "deny".to_owned()), ("uid_map", format!("0 {uid} 1")), ("gid_map", format!("0 {gid} 1"))]
                    .into_iter()
                    .try_for_each(|(file, text)| fs::write(format!("/proc/{}/{file}", scout.as_raw_pid()), text))
                    .map_err(forbidden)
            }
            Self::Programs { newuidmap, newgidmap, uids, gids } => {
                [(newuidmap, uids), (newgidmap, gids)].into_iter().try_for_each(|(program, extents)| {
                    let refused = |answer: &str| obstacle::newuidmap_failed(&program.display().to_string(), answer);
                    let output = Command::new(program)
                        .arg(scout.as_raw_pid().to_string())
                        .args(extents.iter().flat_map(fields))
                        .output()
                        .map_err(|error| refused(&error.to_string()))?;
                    if output.status.success() {
                        Ok(())
                    } else {
                        Err(refused(&String::from_utf8_lossy(&output.stderr)))
                    }
                })
            }
        }
    }
}

fn fields(extent: &Extent) -> [String; 3] {
    [extent.inside, extent.outside, extent.count].map(|number| number.to_string())
}

fn line(extent: &Extent) -> String {
    fields(extent).join(" ")
}

/// The name of `uid` in the machine's own /etc/passwd. Users that only a directory service knows have their sub-ids
/// listed by number.
fn user_name(uid: u32) -> Option<String> {
    let table = fs::read_to_string("/etc/passwd").ok()?;
    let wanted = uid.to_string();
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then(|| name.to_owned())
    })
}
