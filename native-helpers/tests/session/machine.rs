//! Who the tests are on this machine, and where they work.

use std::fs;
use std::io::Write;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

use crate::client::{Session, quiet};

const MADE_USER: &str = "oci-build-test";

/// A user of this machine.
#[derive(Debug, Clone)]
pub struct Who {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// The place where the helper should find itself.
    pub place: &'static str,
}

/// Everybody the tests can be: root and an ordinary user with sub-ids, or that user alone.
pub fn everybody() -> Vec<Who> {
    let own = rustix::process::getuid().as_raw();
    if own != 0 {
        eprintln!("not root: what root sees is not tested here");
        return vec![ordinary()];
    }
    vec![Who { name: "root".to_owned(), uid: 0, gid: 0, place: "root" }, ordinary()]
}

/// An ordinary user with sub-ids.
pub fn ordinary() -> Who {
    static ORDINARY: OnceLock<Who> = OnceLock::new();
    ORDINARY
        .get_or_init(|| {
            let own = rustix::process::getuid().as_raw();
            if own != 0 {
                return with_subids()
                    .into_iter()
                    .find(|who| who.uid == own)
                    .expect("this user has lines in /etc/subuid and /etc/subgid");
            }
            with_subids().into_iter().next().unwrap_or_else(|| {
                let status = Command::new("useradd").args(["-m", MADE_USER]).status().expect("useradd runs");
                assert!(status.success(), "useradd made {MADE_USER}");
                with_subids().into_iter().next().expect("useradd gives sub-ids")
            })
        })
        .clone()
}

/// Users that /etc/passwd knows and both sub-id files give a full range.
fn with_subids() -> Vec<Who> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let full = |table: &str, name: &str| {
        table
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .any(|it| it[0] == name && it.get(2).is_some_and(|count| count.parse().unwrap_or(0) >= 65_536))
    };
    let (passwd, uids, gids) = (read("/etc/passwd"), read("/etc/subuid"), read("/etc/subgid"));
    passwd
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .filter(|fields| fields[0] != "root" && full(&uids, fields[0]) && full(&gids, fields[0]))
        .map(|fields| Who {
            name: fields[0].to_owned(),
            uid: fields[2].parse().unwrap(),
            gid: fields[3].parse().unwrap(),
            place: "subids",
        })
        .collect()
}

impl Who {
    /// The helper with `arguments`, as this user.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(helper());
        quiet(command.args(arguments));
        self.become_me(&mut command);
        command
    }

    pub fn become_me(&self, command: &mut Command) {
        if rustix::process::getuid().as_raw() != self.uid {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// A new empty directory of this user's.
    pub fn directory(&self) -> Directory {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("oci-build-session-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        self.own(&path);
        Directory { path, who: self.clone() }
    }

    /// Gives `path` to this user.
    pub fn own(&self, path: &Path) {
        if rustix::process::getuid().as_raw() != self.uid {
            std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid)).unwrap();
        }
    }
}

/// A directory that goes away with the value, whoever owns what is in it.
pub struct Directory {
    pub path: PathBuf,
    who: Who,
}

impl Drop for Directory {
    fn drop(&mut self) {
        if fs::remove_dir_all(&self.path).is_err() {
            // Entries of sub-ids can be removed from inside the user namespace alone.
            Session::of(&self.who).call("remove", serde_json::json!({ "path": self.path }));
        }
    }
}

/// The built helper as a file in memory, which every user can run from an inherited descriptor. The file itself may lie
/// below a directory that only its owner can enter.
fn helper() -> &'static Path {
    static HELPER: OnceLock<PathBuf> = OnceLock::new();
    HELPER.get_or_init(|| {
        let mut copy = fs::File::from(memfd_create("built", MemfdFlags::empty()).unwrap());
        copy.write_all(&fs::read(env!("CARGO_BIN_EXE_oci-build-helper")).unwrap()).unwrap();
        // Opened again for reading: a file that somebody may write to cannot be run.
        let read_only = fs::File::open(format!("/proc/self/fd/{}", copy.as_raw_fd())).unwrap();
        // Far from the number that a session's socket takes in the child.
        let kept = fcntl_dupfd_cloexec(&read_only, 100).unwrap();
        fcntl_setfd(&kept, FdFlags::empty()).unwrap();
        PathBuf::from(format!("/proc/self/fd/{}", kept.into_raw_fd()))
    })
}

/// Whether a process of this machine has `text` in its command line.
pub fn some_process_says(text: &str) -> bool {
    let command_lines = fs::read_dir("/proc").unwrap().flatten().map(|it| fs::read(it.path().join("cmdline")));
    command_lines.flatten().any(|line| String::from_utf8_lossy(&line).contains(text))
}

/// A number that no other process of the machine has in its command line.
pub fn rare_number() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("7{:07}{:03}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Waits until `condition` holds.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..3000 {
        if condition() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("never: {what}");
}
