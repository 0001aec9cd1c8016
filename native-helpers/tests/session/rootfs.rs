//! A tiny root file system: busybox and two users.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::client::{Run, Session};
use crate::machine::{Directory, Who, everybody};

const APPLETS: [&str; 26] = [
    "cat", "chmod", "cut", "echo", "env", "grep", "head", "hostname", "id", "kill", "ln", "ls", "mkdir", "mknod",
    "mount", "ps", "pwd", "rm", "sh", "sleep", "stty", "touch", "tty", "unshare", "wc", "yes",
];

const PASSWD: &str = "root::0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\n";
const GROUP: &str = "root:x:0:\napp:x:1001:\nextra:x:55:app\n";

/// One of the sandboxes, for one user: a session and a root to run things in.
pub struct Sandbox {
    pub who: Who,
    pub isolation: &'static str,
    pub session: Session,
    pub root: PathBuf,
    _directory: Directory,
}

impl Sandbox {
    pub fn script(&self, script: &str) -> Run {
        Run::script(&self.root, self.isolation, script)
    }

    pub fn command(&self, argv: &[&str]) -> Run {
        Run::command(&self.root, self.isolation, argv)
    }

    /// Runs a script to its success and answers its output.
    pub fn output(&mut self, script: &str) -> String {
        self.script(script).output(&mut self.session)
    }
}

/// Runs `test` in every sandbox of everybody.
pub fn each(test: impl Fn(&mut Sandbox)) {
    for who in everybody() {
        for isolation in ["chroot", "bwrap"] {
            println!("{} in {isolation}", who.name);
            let directory = who.directory();
            let root = directory.path.join("root");
            build(&who, &root);
            test(&mut Sandbox { session: Session::of(&who), who: who.clone(), isolation, root, _directory: directory });
        }
    }
}

/// Builds the root file system at `root`, owned by `who`: /bin and /etc, and no mount points.
pub fn build(who: &Who, root: &Path) {
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
    let busybox = busybox.expect("busybox is installed: apt install busybox-static");
    for directory in ["", "bin", "etc", "tmp"] {
        fs::create_dir(root.join(directory)).unwrap();
    }
    fs::copy(busybox, root.join("bin/busybox")).unwrap();
    fs::set_permissions(root.join("bin/busybox"), fs::Permissions::from_mode(0o755)).unwrap();
    for applet in APPLETS {
        symlink("busybox", root.join("bin").join(applet)).unwrap();
    }
    fs::write(root.join("etc/passwd"), PASSWD).unwrap();
    fs::write(root.join("etc/group"), GROUP).unwrap();
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    for path in ["", "bin", "etc", "tmp", "bin/busybox", "etc/passwd", "etc/group"] {
        who.own(&root.join(path));
    }
}
