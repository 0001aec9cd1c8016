//! Trees made at random from a seed, so that a failure can be seen again.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::super::metadata::set_mtime;
use super::super::tar::Time;
use super::super::{whiteout, xattr};
use crate::seeded::Seeded;

#[derive(Debug, Clone)]
pub enum Node {
    Directory,
    File(Vec<u8>),
    Symlink(String),
    HardLink(PathBuf),
    Fifo,
    Whiteout,
}

/// An entry's path beneath the root, what it is, its mode and time.
#[derive(Debug, Clone)]
pub struct Planned {
    pub path: PathBuf,
    pub node: Node,
    mode: u32,
    seconds: i64,
    /// The value of its extended attribute, which only files and directories can have.
    attribute: Option<Vec<u8>>,
}

/// Plans a tree; directories come before their entries and files before links to them.
pub fn plan(seed: u64, with_whiteouts: bool) -> Vec<Planned> {
    let mut random = Seeded::new(seed);
    let mut planned: Vec<Planned> = Vec::new();
    let mut directories = vec![PathBuf::new()];
    let mut files: Vec<PathBuf> = Vec::new();
    for number in 0..40 {
        let parent = directories[usize::try_from(random.below(directories.len() as u64)).unwrap()].clone();
        let path = parent.join(name(&mut random, number));
        let node = match random.below(if with_whiteouts { 12 } else { 11 }) {
            0..3 => Node::Directory,
            3..7 => Node::File(content(&mut random)),
            7 | 8 => Node::Symlink("target/".repeat(usize::try_from(random.below(30)).unwrap() + 1)),
            9 if !files.is_empty() => {
                Node::HardLink(files[usize::try_from(random.below(files.len() as u64)).unwrap()].clone())
            }
            11 => Node::Whiteout,
            _ => Node::Fifo,
        };
        match node {
            Node::Directory => directories.push(path.clone()),
            Node::File(_) => files.push(path.clone()),
            _ => {}
        }
        let mode = [0o755, 0o644, 0o4755, 0o2750, 0o1777, 0o600][usize::try_from(random.below(6)).unwrap()];
        let seconds = [0, 1, 1_700_000_000, -1, 1 << 33][usize::try_from(random.below(5)).unwrap()];
        let attribute = matches!(node, Node::Directory | Node::File(_)).then(|| match random.below(4) {
            0 => Some(b"\0\xff\n=".repeat(usize::try_from(random.below(8)).unwrap())),
            _ => None,
        });
        planned.push(Planned { path, node, mode, seconds, attribute: attribute.flatten() });
    }
    planned
}

/// Names that need every form a header has: short, split, too long, not ASCII, not UTF-8, odd.
fn name(random: &mut Seeded, number: u64) -> std::ffi::OsString {
    let text = match random.below(8) {
        0 => format!("{number}-{}", "n".repeat(90)).into_bytes(),
        1 => format!("{number}-{}", "n".repeat(200)).into_bytes(),
        2 => format!("ünï-{number}").into_bytes(),
        3 => [b"\xff\xfe-", number.to_string().as_bytes()].concat(),
        4 => format!(" {number}\t\n'\"\\").into_bytes(),
        5 => format!("{number}=@ -").into_bytes(),
        _ => format!("f{number}").into_bytes(),
    };
    std::ffi::OsStr::from_bytes(&text).to_owned()
}

fn content(random: &mut Seeded) -> Vec<u8> {
    let length = [0, 1, 511, 512, 513, 70_000][usize::try_from(random.below(6)).unwrap()];
    (0..length).map(|_| b'a' + u8::try_from(random.below(26)).unwrap()).collect()
}

/// Makes the tree in an order that depends on `order`: parents first, else anything.
pub fn make(root: &Path, planned: &[Planned], order: u64) {
    let mut turns: Vec<&Planned> = planned.iter().collect();
    Seeded::new(order).shuffle(&mut turns);
    turns.sort_by_key(|entry| (matches!(entry.node, Node::HardLink(_)), entry.path.components().count()));
    turns.sort_by_key(|entry| !matches!(entry.node, Node::Directory));
    fs::create_dir(root).unwrap();
    for entry in &turns {
        let path = root.join(&entry.path);
        match &entry.node {
            Node::Directory => fs::create_dir(&path).unwrap(),
            Node::File(content) => fs::write(&path, content).unwrap(),
            Node::Symlink(target) => symlink(target, &path).unwrap(),
            Node::HardLink(target) => fs::hard_link(root.join(target), &path).unwrap(),
            Node::Fifo => mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap(),
            Node::Whiteout => whiteout::Form::Devices.make(CWD, path.as_os_str().as_bytes()).unwrap(),
        }
        if !matches!(entry.node, Node::Symlink(_) | Node::HardLink(_) | Node::Whiteout) {
            // Directories must stay open to an ordinary user who makes entries in them.
            let mode = if matches!(entry.node, Node::Directory) { entry.mode | 0o700 } else { entry.mode };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }
    for (path, value) in planned.iter().filter_map(|entry| Some((&entry.path, entry.attribute.as_ref()?))) {
        let file = fs::File::open(root.join(path)).unwrap();
        xattr::write(file.as_fd(), &vec![(b"user.oci-build.test".to_vec(), value.clone())]).unwrap();
    }
    // Links of one file share its time; whoever is first in the plan decides.
    for entry in planned.iter().rev().filter(|entry| !matches!(entry.node, Node::HardLink(_) | Node::Whiteout)) {
        let time = Time { seconds: entry.seconds, nanoseconds: 0 };
        set_mtime(CWD, root.join(&entry.path).as_os_str().as_bytes(), time).unwrap();
    }
}
