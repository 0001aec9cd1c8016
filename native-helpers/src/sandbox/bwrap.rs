//! The sandbox of bubblewrap, started as root of the session's own user namespace.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::process::Command;

use rustix::fs::{MemfdFlags, memfd_create};

use super::assignment::View;
use super::capabilities::DEFAULT;
use super::control::Control;
use super::masks::{self, Mask};
use crate::namespace::own_program;
use crate::sys::descriptors::keep;

/// A started command's line, and the descriptors it inherits, which live until it was started.
pub struct Prepared {
    pub command: Command,
    _inherited: Vec<OwnedFd>,
}

/// What the argument list is made of, apart from the view: facts of the machine and numbers of descriptors.
struct Surroundings<'a> {
    hidden: &'a [(String, Mask)],
    read_only: &'a [String],
    /// Whether a new procfs may be mounted.
    fresh_proc: bool,
    /// One descriptor for each of the view's files, in their order.
    contents: &'a [RawFd],
}

/// A command that makes `view` with the program `bwrap` and then becomes `init` on the control socket.
pub fn prepare(bwrap: &Path, view: &View, control: &Control) -> io::Result<Prepared> {
    let contents =
        view.files.iter().map(|file| in_memory("file", file.content.as_bytes())).collect::<io::Result<Vec<_>>>()?;
    let numbers: Vec<RawFd> = contents.iter().map(AsRawFd::as_raw_fd).collect();
    let surroundings = Surroundings {
        hidden: &masks::hidden(),
        read_only: &masks::read_only(),
        fresh_proc: !proc_is_covered(&std::fs::read_to_string("/proc/self/mountinfo")?),
        contents: &numbers,
    };
    let list: String =
        arguments(view, &surroundings).into_iter().flat_map(|argument| [argument, "\0".to_owned()]).collect();
    let list = in_memory("arguments", list.as_bytes())?;
    let program = own_program()?;
    let control_number = control.as_fd().as_raw_fd();

    let mut command = Command::new(bwrap);
    command
        .args(["--args", &list.as_raw_fd().to_string(), "--"])
        .arg(format!("/proc/self/fd/{}", program.as_raw_fd()))
        .args(["init", "--fd", &control_number.to_string()])
        .env_clear();
    let mut inherited = contents;
    inherited.extend([list, program]);
    keep(&mut command, inherited.iter().map(AsRawFd::as_raw_fd).chain([control_number]).collect());
    Ok(Prepared { command, _inherited: inherited })
}

/// bubblewrap's arguments for `view`, to be read from a descriptor: an environment or file list of any length fits.
fn arguments(view: &View, surroundings: &Surroundings<'_>) -> Vec<String> {
    let mut list = Vec::new();
    let mut add = |words: &[&str]| list.extend(words.iter().map(|&word| word.to_owned()));
    add(&[
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--as-pid-1",
        "--die-with-parent",
    ]);
    add(&["--hostname", &view.hostname, "--cap-drop", "ALL"]);
    for (_, name) in DEFAULT {
        add(&["--cap-add", name]);
    }
    add(&["--bind", &view.root, "/"]);
    add(if surroundings.fresh_proc { &["--proc", "/proc"] } else { &["--dev-bind", "/proc", "/proc"] });
    add(&["--dev", "/dev", "--perms", "1777", "--size", "67108864", "--tmpfs", "/dev/shm", "--mqueue", "/dev/mqueue"]);
    add(&["--ro-bind", "/sys", "/sys"]);
    for path in surroundings.read_only {
        add(&["--ro-bind", path, path]);
    }
    for (path, mask) in surroundings.hidden {
        match mask {
            Mask::Directory => add(&["--tmpfs", path, "--remount-ro", path]),
            Mask::File => add(&["--dev-bind", "/dev/null", path]),
        }
    }
    for (file, content) in view.files.iter().zip(surroundings.contents) {
        add(&["--perms", "0644", "--ro-bind-data", &content.to_string(), &file.path]);
    }
    add(&["--chdir", "/"]);
    list
}

/// Whether something is mounted over a part of /proc. The kernel then refuses a new procfs in a user namespace, as that
/// would uncover it. The mount point of binfmt_misc is known to be empty and does not count.
fn proc_is_covered(mountinfo: &str) -> bool {
    let points = mountinfo.lines().filter_map(|line| line.split(' ').nth(4));
    let covered = points.filter(|point| point.starts_with("/proc/") && *point != "/proc/sys/fs/binfmt_misc").count();
    covered > 0
}

fn in_memory(name: &str, content: &[u8]) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create(name, MemfdFlags::CLOEXEC)?);
    file.write_all(content)?;
    file.rewind()?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::messages::FileMount;

    fn view() -> View {
        let file = |path: &str| FileMount { path: path.to_owned(), content: String::new() };
        View {
            root: "/store/work/1/root".to_owned(),
            bare: false,
            hostname: "buildkitsandbox".to_owned(),
            files: vec![file("/etc/hosts"), file("/run/resolv.conf")],
        }
    }

    fn line(view: &View, surroundings: &Surroundings<'_>) -> String {
        arguments(view, surroundings).join(" ")
    }

    const PLAIN: Surroundings<'_> = Surroundings { hidden: &[], read_only: &[], fresh_proc: true, contents: &[7, 8] };

    #[test]
    fn the_list_makes_docker_s_view() {
        assert_eq!(
            line(&view(), &PLAIN),
            "--unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try --as-pid-1 --die-with-parent \
             --hostname buildkitsandbox --cap-drop ALL --cap-add CAP_CHOWN --cap-add CAP_DAC_OVERRIDE \
             --cap-add CAP_FSETID --cap-add CAP_FOWNER --cap-add CAP_MKNOD --cap-add CAP_NET_RAW --cap-add CAP_SETGID \
             --cap-add CAP_SETUID --cap-add CAP_SETFCAP --cap-add CAP_SETPCAP --cap-add CAP_NET_BIND_SERVICE \
             --cap-add CAP_SYS_CHROOT --cap-add CAP_KILL --cap-add CAP_AUDIT_WRITE --bind /store/work/1/root / \
             --proc /proc --dev /dev --perms 1777 --size 67108864 --tmpfs /dev/shm --mqueue /dev/mqueue \
             --ro-bind /sys /sys --perms 0644 --ro-bind-data 7 /etc/hosts --perms 0644 --ro-bind-data 8 /run/resolv.conf \
             --chdir /"
        );
    }

    #[test]
    fn each_circumstance_adds_its_arguments() {
        let hidden = [("/proc/acpi".to_owned(), Mask::Directory), ("/proc/kcore".to_owned(), Mask::File)];
        let read_only = ["/proc/sys".to_owned()];
        let table: [(View, Surroundings<'_>, &str); 3] = [
            (view(), Surroundings { fresh_proc: false, ..PLAIN }, " --dev-bind /proc /proc "),
            (
                view(),
                Surroundings { hidden: &hidden, ..PLAIN },
                " --tmpfs /proc/acpi --remount-ro /proc/acpi --dev-bind /dev/null /proc/kcore ",
            ),
            (view(), Surroundings { read_only: &read_only, ..PLAIN }, " --ro-bind /proc/sys /proc/sys "),
        ];
        let plain = line(&view(), &PLAIN);
        for (view, surroundings, expected) in table {
            assert!(line(&view, &surroundings).contains(expected), "{expected}");
            assert!(!plain.contains(expected), "{expected}");
        }
    }

    #[test]
    fn a_masked_proc_is_recognised() {
        let proc = "22 28 0:20 / /proc rw,nosuid - proc proc rw\n";
        let binfmt = "30 22 0:26 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw\n";
        let masked = "40 22 0:5 /null /proc/kcore rw - devtmpfs udev rw\n";
        assert!(!proc_is_covered(&format!("{proc}{binfmt}")));
        assert!(proc_is_covered(&format!("{proc}{masked}")));
    }
}
