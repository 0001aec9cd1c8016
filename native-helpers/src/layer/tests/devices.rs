//! Device nodes (trap 28): real where the kernel makes them, recorded where it does not, and in layers the same.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::thread;

use rustix::fs::{CWD, FileType, XattrFlags, makedev, setxattr};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use super::super::device;
use super::raw::{Raw, archive, directory, entry};
use super::{Scratch, is_root, listing, xattr};
use crate::layer::{Clones, commit};
use crate::protocol::messages::{
    CloneParams, CommitParams, CompareParams, Compression, CopyParams, DigestParams, Selection,
};
use crate::tree;

const RECORD: &str = "user.oci-build.device";

/// Does what `act` does as it goes in a user namespace, where nobody makes devices.
fn without_devices<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    let act = || {
        let mut sets = capabilities(None).unwrap();
        sets.effective -= CapabilitySet::MKNOD;
        set_capabilities(None, sets).unwrap();
        act()
    };
    thread::scope(|scope| scope.spawn(act).join().unwrap())
}

fn null() -> Raw {
    entry("dev/null", '3').octal(329, 8, 1).octal(337, 8, 3).mode(0o666)
}

fn disk() -> Raw {
    entry("dev/disk", '4').octal(329, 8, 8).octal(337, 8, 1).mode(0o660)
}

/// Kind, mode and number of an entry, and its record.
fn found(path: &Path) -> (u32, u64, Option<Vec<u8>>) {
    let meta = path.symlink_metadata().unwrap();
    (meta.mode(), meta.rdev(), xattr(path, RECORD))
}

/// An empty file that stands for the device c 1:3.
fn recorded(path: &Path) {
    fs::write(path, "").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    setxattr(path, RECORD, b"c 1:3", XattrFlags::empty()).unwrap();
}

#[test]
fn trap_28_a_layer_with_devices_is_the_same_whether_they_could_be_made_or_only_recorded() {
    let scratch = Scratch::new();
    let layer = archive([directory("dev"), disk(), null(), entry("dev/pipe", '6')]);
    without_devices(|| scratch.apply(&layer, "recorded").unwrap());
    assert_eq!(found(&scratch.path("recorded/dev/null")), (0o100_666, 0, Some(b"c 1:3".to_vec())));
    assert_eq!(found(&scratch.path("recorded/dev/disk")), (0o100_660, 0, Some(b"b 8:1".to_vec())));
    assert_eq!(fs::metadata(scratch.path("recorded/dev/null")).unwrap().mtime(), 1000);
    assert_eq!(fs::metadata(scratch.path("recorded/dev/pipe")).unwrap().mode(), 0o10644);
    scratch.apply(&layer, "made").unwrap();
    if is_root() {
        assert_eq!(found(&scratch.path("made/dev/null")), (0o20666, makedev(1, 3), None));
        assert_eq!(found(&scratch.path("made/dev/disk")), (0o60660, makedev(8, 1), None));
    }
    let packed = ["recorded", "made"].map(|name| scratch.pack(name, Compression::None, &format!("{name}.tar")));
    assert_eq!(packed[0].diff_id, packed[1].diff_id);
    let again = scratch.apply_blob(&scratch.text("recorded.tar"), Compression::None, "again").unwrap();
    assert_eq!(again.entries, 4);
    assert_eq!(listing(&scratch.path("again")), listing(&scratch.path("made")));
}

#[test]
fn what_stands_for_a_device_is_replaced_and_removed_like_any_file() {
    let scratch = Scratch::new();
    let layer = archive([null(), super::raw::file("dev/null", "a file"), disk(), directory("dev/disk"), null()]);
    without_devices(|| scratch.apply(&layer, "t").unwrap());
    assert_eq!(found(&scratch.path("t/dev/null")).2, Some(b"c 1:3".to_vec()));
    assert!(scratch.path("t/dev/disk").is_dir());
}

fn copy(scratch: &Scratch, from: &str, to: &str) {
    let selection = selection(scratch, from);
    let (root, destination) = (scratch.text(to), "/".to_owned());
    fs::create_dir(&root).unwrap();
    let (owner, mode, unpack) = (None, None, None);
    tree::copy(&CopyParams { selection, root, destination, owner, keep_owner: true, mode, unpack }).unwrap();
}

fn selection(scratch: &Scratch, from: &str) -> Selection {
    let sources = ["dev/disk", "d*v", "dev/null"].map(str::to_owned).to_vec();
    Selection { root: scratch.text(from), sources, ignore: Vec::new(), exclude: Vec::new(), parents: false }
}

fn committed(scratch: &Scratch, upper: &str, lowers: &[&str], process: bool) -> String {
    let lowers = lowers.iter().map(|lower| scratch.text(lower)).collect();
    commit(&CommitParams { upper: scratch.text(upper), lowers, epoch: Some(0), process }).unwrap().diff_id
}

#[test]
fn a_copy_of_devices_has_one_key_and_one_layer_in_every_place() {
    let scratch = Scratch::new();
    let layer = archive([directory("dev"), disk(), null()]);
    without_devices(|| scratch.apply(&layer, "recorded").unwrap());
    scratch.apply(&layer, "made").unwrap();
    let digest = |from: &str| {
        let params = DigestParams {
            selection: selection(&scratch, from),
            ownership: true,
            stat_cache: None,
            known: None,
            listing: None,
        };
        tree::digest(&params, &tree::StatCaches::default()).unwrap().digest
    };
    assert_eq!(digest("recorded"), digest("made"));
    without_devices(|| copy(&scratch, "recorded", "a"));
    without_devices(|| copy(&scratch, "made", "b"));
    copy(&scratch, "recorded", "c");
    copy(&scratch, "made", "d");
    assert_eq!(found(&scratch.path("a/null")).2, Some(b"c 1:3".to_vec()));
    let layers = ["a", "b", "c", "d"].map(|upper| committed(&scratch, upper, &[], false));
    assert!(layers.iter().all(|layer| *layer == layers[0]), "{layers:?}");
    let packed = scratch.pack("a", Compression::None, "a.tar");
    let listed = super::run("tar", &["tvf", &scratch.text("a.tar"), "--numeric-owner"]);
    assert_eq!(packed.diff_id, layers[0]);
    assert!(listed.contains("crw-rw-rw-") && listed.contains("1,3") && listed.contains("8,1"), "{listed}");
}

#[test]
fn a_process_cannot_say_that_its_file_is_a_device() {
    let scratch = Scratch::new();
    for name in ["l", "u", "expected"] {
        fs::create_dir(scratch.path(name)).unwrap();
    }
    recorded(&scratch.path("l/changed"));
    recorded(&scratch.path("u/forged"));
    recorded(&scratch.path("u/changed"));
    setxattr(scratch.path("u/changed"), RECORD, b"b 8:0", XattrFlags::empty()).unwrap();
    fs::write(scratch.path("u/filled"), "content").unwrap();
    setxattr(scratch.path("u/filled"), RECORD, b"c 1:3", XattrFlags::empty()).unwrap();
    for (name, content) in [("forged", ""), ("changed", ""), ("filled", "content")] {
        fs::write(scratch.path("expected").join(name), content).unwrap();
        let mode = if content.is_empty() { 0o666 } else { 0o644 };
        fs::set_permissions(scratch.path("expected").join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    assert_eq!(committed(&scratch, "u", &["l"], true), committed(&scratch, "expected", &[], true));
    assert_eq!(xattr(&scratch.path("u/forged"), RECORD), None);
}

#[test]
fn a_device_that_a_process_only_touched_stays_one() {
    let scratch = Scratch::new();
    for name in ["l", "u", "expected"] {
        fs::create_dir(scratch.path(name)).unwrap();
    }
    for path in ["l/same", "l/chmod", "u/same", "u/chmod"] {
        recorded(&scratch.path(path));
    }
    for path in ["l/same", "u/same"] {
        super::super::metadata::set_mtime(CWD, scratch.text(path).as_bytes(), Default::default()).unwrap();
    }
    fs::set_permissions(scratch.path("u/chmod"), fs::Permissions::from_mode(0o600)).unwrap();
    let expected = scratch.text("expected/chmod");
    device::make(CWD, expected.as_bytes(), FileType::CharacterDevice, makedev(1, 3)).unwrap();
    assert_eq!(committed(&scratch, "u", &["l"], true), committed(&scratch, "expected", &[], false));
    assert!(!scratch.path("u/same").exists());
}

#[test]
fn in_a_clone_a_recorded_device_stays_one_and_a_process_makes_none() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("l")).unwrap();
    recorded(&scratch.path("l/null"));
    let (clones, lowers) = (Clones::default(), vec![scratch.text("l")]);
    let clone = |root: &str| {
        clones.make(&CloneParams { lowers: lowers.clone(), target: scratch.text(root), writable: true }).unwrap();
        scratch.path(root)
    };
    let compare = |root: &str, upper: &str, process: bool| {
        let (root, upper) = (scratch.text(root), scratch.text(upper));
        clones.compare(&CompareParams { root, lowers: lowers.clone(), upper, epoch: None, process }).unwrap()
    };
    let root = clone("run");
    clones.watch(&root, || {
        fs::set_permissions(root.join("null"), fs::Permissions::from_mode(0o600)).unwrap();
        recorded(&root.join("forged"));
    });
    // The clone still has what the process claims, so the next step must not work in it.
    assert!(!compare("run", "u", true).reusable);
    assert_eq!(found(&scratch.path("u/null")), (0o100_600, 0, Some(b"c 1:3".to_vec())));
    assert_eq!(found(&scratch.path("u/forged")), (0o100_666, 0, None));

    // What COPY takes from a stage is the helper's own word.
    recorded(&clone("copy").join("copied"));
    assert!(compare("copy", "v", false).reusable);
    assert_eq!(found(&scratch.path("v/copied")), (0o100_666, 0, Some(b"c 1:3".to_vec())));
}
