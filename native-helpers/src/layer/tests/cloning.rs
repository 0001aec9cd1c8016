//! Clones and what comparing them finds, told by tables, and by the kernel's own overlay in which the same was done.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::{Scratch, is_opaque, is_root, listing, paths, run, xattr};
use crate::failure::Failure;
use crate::layer::{Clones, commit};
use crate::protocol::messages::{CloneParams, CommitParams, CompareParams, CompareResult};

const EPOCH: Option<i64> = Some(100);

/// A clone of layers in the directory `root` of a scratch directory.
struct Clone {
    scratch: Scratch,
    clones: Clones,
    /// Topmost first.
    lowers: Vec<String>,
}

impl Clone {
    fn of(scratch: Scratch, lowers: &[&str]) -> Self {
        let lowers: Vec<_> = lowers.iter().map(|lower| scratch.text(lower)).collect();
        let clones = Clones::default();
        clones.make(&CloneParams { lowers: lowers.clone(), target: scratch.text("root"), writable: true }).unwrap();
        Self { scratch, clones, lowers }
    }

    /// Runs a script in the clone.
    fn script(&self, script: &str) {
        let root = self.scratch.path("root");
        let script = format!("cd {} && {{ {script}\n}}", root.display());
        self.clones.watch(&root, || run("sh", &["-ec", &script]));
    }

    fn compare(&self, upper: &str) -> Result<CompareResult, Failure> {
        let (root, upper) = (self.scratch.text("root"), self.scratch.text(upper));
        self.clones.compare(&CompareParams { root, lowers: self.lowers.clone(), upper, epoch: EPOCH, process: true })
    }

    /// What the layer of a script holds; whiteouts have a leading `-`.
    fn layer_of(&self, script: &str) -> Vec<String> {
        self.script(script);
        self.compare("u").unwrap();
        paths(&self.scratch.path("u"))
    }
}

fn write(scratch: &Scratch, name: &str, content: &str) {
    let path = scratch.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A layer `l` with something of most kinds; all times are whole seconds, as those of a layer are.
fn base() -> Scratch {
    let scratch = Scratch::new();
    for name in ["d/a", "d/b", "d/sub/c", "d/sub/deep/f", "b", "e2", "twin1", "x/1", "x/2", "empty", "d.z"] {
        write(&scratch, &format!("l/{name}"), name);
    }
    fs::create_dir(scratch.path("l/hollow")).unwrap();
    fs::hard_link(scratch.path("l/twin1"), scratch.path("l/twin2")).unwrap();
    symlink("b", scratch.path("l/link")).unwrap();
    run("mkfifo", &[&scratch.text("l/pipe")]);
    run("find", &[&scratch.text("l"), "-exec", "touch", "-h", "-d", "@50", "{}", "+"]);
    scratch
}

#[test]
fn every_kind_of_change_is_found_and_nothing_else() {
    let table: [(&str, &[&str]); 27] = [
        (":", &[]),
        ("cat b d/a >/dev/null; ls -lR >/dev/null", &[]),
        ("echo more >> b", &["b"]),
        // The same size and time as before: what a look at these alone would miss.
        ("printf c > b; touch -d @50 b", &["b"]),
        ("printf c > n; touch -d @50 n; mv n b", &["b"]),
        ("chmod 600 b; touch -d @50 b", &["b"]),
        ("chmod 700 d/sub", &["d", "d/sub"]),
        ("chmod 600 b; chmod 644 b", &[]),
        ("touch b", &["b"]),
        ("mv b c; mv c b", &[]),
        ("mv b c", &["-b", "c"]),
        ("rm b d/b", &["-b", "-d/b", "d"]),
        ("rm -r d", &["-d"]),
        ("rm -r d; mkdir d; echo n > d/n", &["-d/a", "-d/b", "-d/sub", "d", "d/n"]),
        ("rm -r d; echo file > d", &["d"]),
        ("rm -r d; ln -s /nowhere d", &["d"]),
        ("rm b; mkdir b; echo n > b/n", &["b", "b/n"]),
        ("rm link; ln -s e2 link", &["link"]),
        ("rm link; ln -s b link; touch -h -d @50 link", &[]),
        ("echo n > new; mkdir dir; ln new dir/new", &["dir", "dir/new", "new"]),
        ("ln b c", &["b", "c"]),
        ("mkfifo fifo; rm pipe", &["-pipe", "fifo"]),
        ("echo n > x/n; rm x/n", &["x"]),
        ("echo n > x/n; rm x/n; touch -d @50 x", &[]),
        ("mkdir t; rmdir t; chmod 700 .", &[]),
        ("mv x y", &["-x", "y", "y/1", "y/2"]),
        ("touch -d @50 d.z; echo n > d/n; echo n > d-n", &["d", "d-n", "d/n"]),
    ];
    for (script, expected) in table {
        let found = Clone::of(base(), &["l"]).layer_of(script);
        assert_eq!(found, expected, "{script}");
    }
}

#[test]
fn owners_and_attributes_count_as_changes() {
    if !is_root() {
        return;
    }
    let clone = Clone::of(base(), &["l"]);
    for (path, name) in [("root/d/a", "user.note"), ("root/x", "user.overlay.opaque")] {
        let file = fs::File::open(clone.scratch.path(path)).unwrap();
        rustix::fs::fsetxattr(&file, name, b"y", rustix::fs::XattrFlags::empty()).unwrap();
    }
    let found = clone.layer_of("chown 7:8 b; chown -h 7:8 link");
    assert_eq!(found, ["b", "d", "d/a", "link"]);
    let file = fs::metadata(clone.scratch.path("u/b")).unwrap();
    assert_eq!((file.uid(), file.gid()), (7, 8));
    assert_eq!(xattr(&clone.scratch.path("u/d/a"), "user.note").unwrap(), b"y");
    assert!(!is_opaque(&clone.scratch.path("u")));
}

#[test]
fn a_clone_shows_what_the_layers_show_together() {
    let scratch = base();
    write(&scratch, "m/d/new", "m");
    write(&scratch, "m/b/inner", "m");
    write(&scratch, "t/x/3", "t");
    let device =
        |name: &str| super::super::whiteout::Form::Devices.make(rustix::fs::CWD, scratch.text(name).as_bytes());
    device("m/d/a").unwrap();
    device("m/d/sub").unwrap();
    device("t/e2").unwrap();
    device("t/nothing").unwrap();
    super::super::whiteout::set_opaque(std::os::fd::AsFd::as_fd(&fs::File::open(scratch.path("t/x")).unwrap()))
        .unwrap();
    let clone = Clone::of(scratch, &["t", "m", "l"]);
    assert_eq!(
        paths(&clone.scratch.path("root")),
        ["b", "b/inner", "d", "d.z", "d/b", "d/new", "empty", "hollow", "link", "pipe", "twin1", "twin2", "x", "x/3"]
    );
    assert!(!is_opaque(&clone.scratch.path("root/x")));
    let inode = |name: &str| fs::metadata(clone.scratch.path(name)).unwrap().ino();
    assert_eq!(inode("root/twin1"), inode("root/twin2"), "names of one file stay that");
    assert_ne!(inode("root/twin1"), inode("l/twin1"));
    assert_eq!(clone.compare("u").unwrap().entries, 0);
}

#[test]
fn a_clone_for_reading_takes_no_room() {
    let scratch = base();
    let params = CloneParams { lowers: vec![scratch.text("l")], target: scratch.text("root"), writable: false };
    let clones = Clones::default();
    assert_eq!(clones.make(&params).unwrap().bytes, 0);
    let inode = |name: &str| fs::metadata(scratch.path(name)).unwrap().ino();
    assert_eq!(inode("root/d/a"), inode("l/d/a"));
    let read_only = CompareParams {
        root: params.target,
        lowers: params.lowers,
        upper: scratch.text("u"),
        epoch: EPOCH,
        process: true,
    };
    assert_eq!(clones.compare(&read_only).unwrap_err().code, "not-cloned");
}

#[test]
fn sparse_files_stay_sparse() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("l")).unwrap();
    run(
        "sh",
        &[
            "-ec",
            &format!(
                "cd {}; truncate -s 1T big; printf x | dd of=big bs=1 seek=3000000 conv=notrunc 2>/dev/null",
                scratch.text("l")
            ),
        ],
    );
    let clone = Clone::of(scratch, &["l"]);
    let file = fs::metadata(clone.scratch.path("root/big")).unwrap();
    assert_eq!((file.len(), file.blocks() < 1000), (1 << 40, true));
    run(
        "sh",
        &[
            "-ec",
            &format!("test \"$(dd if={} bs=1 skip=3000000 count=1 2>/dev/null)\" = x", clone.scratch.text("root/big")),
        ],
    );
}

#[test]
fn sockets_are_no_part_of_a_layer_nor_of_the_next_step() {
    let clone = Clone::of(base(), &["l"]);
    let _listener = UnixListener::bind(clone.scratch.path("root/x/socket")).unwrap();
    clone.script("touch -d @50 x");
    let compared = clone.compare("u").unwrap();
    assert_eq!((compared.entries, compared.reusable), (0, true));
    assert!(!clone.scratch.path("root/x/socket").exists());
    assert_eq!(clone.compare("u2").unwrap().entries, 0);
}

#[test]
fn what_a_layer_cannot_say_is_refused() {
    for (name, code) in [("d/.wh.a", "reserved-name"), (".wh..wh..opq", "reserved-name")] {
        let clone = Clone::of(base(), &["l"]);
        clone.script(&format!("touch {name}"));
        let failure = clone.compare("u").unwrap_err();
        assert_eq!((failure.code, failure.message.contains(name)), (code, true));
    }
    let clone = Clone::of(base(), &["l"]);
    super::super::whiteout::Form::Devices.make(rustix::fs::CWD, clone.scratch.text("root/d/new").as_bytes()).unwrap();
    let failure = clone.compare("u").unwrap_err();
    assert_eq!((failure.code, failure.message.contains("d/new")), ("layer-unsupported", true));
}

#[test]
fn each_step_of_a_stage_works_in_the_clone_of_the_one_before() {
    let mut clone = Clone::of(base(), &["l"]);
    let steps: [(&str, &[&str]); 5] = [
        ("mkdir n; echo 1 > n/f; rm b", &["-b", "n", "n/f"]),
        (":", &[]),
        ("echo 2 >> n/f; touch -d @100 n/f", &["n", "n/f"]),
        ("rm -r n; chmod 700 .", &["-n"]),
        ("echo b > b", &["b"]),
    ];
    for (number, (script, expected)) in steps.into_iter().enumerate() {
        let upper = format!("u{number}");
        clone.script(script);
        let compared = clone.compare(&upper).unwrap();
        assert_eq!((paths(&clone.scratch.path(&upper)), compared.reusable), (strings(expected), true), "{script}");
        clone.lowers.insert(0, clone.scratch.text(&upper));
        // A clone made anew is the same to the last bit, times included.
        let target = clone.scratch.text(&format!("again{number}"));
        let lowers = clone.lowers.clone();
        Clones::default().make(&CloneParams { lowers, target, writable: true }).unwrap();
        let again = listing(&clone.scratch.path(&format!("again{number}")));
        assert_eq!(listing(&clone.scratch.path("root")), again, "{script}");
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&it| it.to_owned()).collect()
}

/// Runs `script` in an overlay of `lowers` and commits what it left in the new directory `upper`.
fn by_overlay(scratch: &Scratch, lowers: &[String], upper: &str, script: &str) -> String {
    let (work, mount) = (scratch.text(&format!("{upper}.work")), scratch.text(&format!("{upper}.merged")));
    let upper = scratch.text(upper);
    for directory in [&upper, &work, &mount] {
        fs::create_dir(directory).unwrap();
    }
    let options = format!("userxattr,lowerdir={},upperdir={upper},workdir={work}", lowers.join(":"));
    let all = format!("mount -t overlay overlay -o {options} {mount} && cd {mount} && {{ {script}\n}}");
    run("unshare", &["--user", "--map-root-user", "--mount", "sh", "-ec", &all]);
    commit(&CommitParams { upper, lowers: lowers.to_vec(), epoch: EPOCH, process: true }).unwrap().diff_id
}

#[test]
fn the_layers_are_those_that_an_overlay_gives() {
    let scripts = [
        "rm -r d; mkdir d; mkdir d/sub; echo new > d/sub/new",
        "rm -r d; mkdir -p d/sub/deep; touch d/a",
        "rm -r d/sub; ln -s /tmp d/sub",
        "rm d/a; mkdir d/a; touch d/a/x; rm link; mkdir link",
        "rm -r d; touch d; rm b; mkdir -p b/c",
        "mv d/a d/z; mv d/z d/a; mv b c; ln c e",
        "cp -a d copy; rm -r d; mv copy d",
        "cp -a x y; cp -a twin1 twin2 y; mv d e; mv x d",
        "chmod 700 d d/sub b; touch -d @5 e2; echo more >> b",
        "touch tmp; rm tmp; mkdir n; rmdir n; rm b d/b",
        "rm twin2; echo n > b; touch -d @50 b",
        "chmod 600 twin1 twin2",
        "chmod 600 twin1; echo more >> twin1",
        "cp -a twin1 twin2 hollow; echo more >> twin2",
        "mkdir pair; ln b pair/1; ln e2 pair/2; mv pair couple",
        "mkdir -p deep/er/est; mkfifo deep/er/pipe; ln -s er deep/link; chmod 1777 deep/er; chmod 2755 deep",
        "rm -r x; mkdir x; printf x/1 > x/1; touch -d @50 x/1 x; rm pipe; mkfifo pipe",
        "mv twin1 x; rm -r hollow; mv x hollow; touch -d @50 hollow .",
        "find . -type f -exec chmod u+w {} +; find . -exec touch -h {} +",
    ];
    for script in scripts {
        // The second step begins where the first has ended.
        let second = "echo more >> e2 2>/dev/null; rm -rf d/sub; mkdir -p q/r; touch q/r/s";
        let mut clone = Clone::of(base(), &["l"]);
        let mut lowers = clone.lowers.clone();
        for (number, step) in [script, second].into_iter().enumerate() {
            let (ours, theirs) = (format!("c{number}"), format!("o{number}"));
            let expected = by_overlay(&clone.scratch, &lowers, &theirs, step);
            lowers.insert(0, clone.scratch.text(&theirs));
            clone.script(step);
            let compared = clone.compare(&ours).unwrap();
            let same = compared.diff_id == expected;
            assert!(
                same,
                "{step}: {:#?}",
                [listing(&clone.scratch.path(&ours)), listing(&clone.scratch.path(&theirs))]
            );
            clone.lowers.insert(0, clone.scratch.text(&ours));
            if !compared.reusable {
                run("rm", &["-rf", &clone.scratch.text("root")]);
                let params =
                    CloneParams { lowers: clone.lowers.clone(), target: clone.scratch.text("root"), writable: true };
                clone.clones.make(&params).unwrap();
            }
        }
    }
}

#[test]
fn a_file_is_changed_by_the_name_that_was_used_and_keeps_the_others() {
    // As in an overlay, which parts the names. In the clone they are one file, so it cannot serve the next step.
    let table: [(&str, &[&str], bool); 7] = [
        ("echo more >> twin1", &["twin1"], false),
        ("chmod 600 twin2", &["twin2"], false),
        ("chmod 600 twin1 twin2", &["twin1", "twin2"], false),
        ("cat twin1 > /dev/null; ls -l", &[], true),
        ("rm twin1", &["-twin1"], true),
        ("mv twin1 x", &["-twin1", "x", "x/twin1"], true),
        ("rm twin1; echo n > twin1", &["twin1"], true),
    ];
    for (script, expected, reusable) in table {
        let clone = Clone::of(base(), &["l"]);
        clone.script(script);
        let compared = clone.compare("u").unwrap();
        assert_eq!((paths(&clone.scratch.path("u")), compared.reusable), (strings(expected), reusable), "{script}");
        for name in ["u/twin1", "u/twin2"] {
            let alone = fs::metadata(clone.scratch.path(name)).is_ok_and(|it| it.nlink() > 1);
            assert!(!alone, "{script}: {name} is no link");
        }
    }
}

/// Whiteouts as files: what a directory on a file system looks like that takes no others.
fn ramfs(test: impl FnOnce(&Path) + Send + 'static) {
    use crate::sys::namespaces::{Namespaces, unshare};
    use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
    if !is_root() {
        return;
    }
    let thread = std::thread::spawn(move || {
        unshare(Namespaces::NEWNS | Namespaces::FS).unwrap();
        mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE).unwrap();
        let scratch = Scratch::new();
        mount("none", &scratch.0, "ramfs", MountFlags::empty(), None).unwrap();
        test(&scratch.0);
        rustix::mount::unmount(&scratch.0, rustix::mount::UnmountFlags::DETACH).unwrap();
    });
    thread.join().unwrap();
}

#[test]
fn on_a_file_system_without_attributes_the_layers_are_the_same() {
    ramfs(|directory| {
        let script =
            "rm -r d; mkdir d; touch d/n; rm b; rm -r x; touch x; mkdir -p m/n; touch m/n/.o m/n/a; rm e2; touch a z";
        let again = "rm a; rm -r m; mkdir m; touch m/x; echo n > b";
        let mut clone = Clone::of(base(), &["l"]);
        let plain = Scratch(directory.join("plain"));
        run("cp", &["-a", &clone.scratch.0.display().to_string(), &plain.0.display().to_string()]);
        run("rm", &["-r", &plain.text("root")]);
        let mut without = Clone::of(plain, &["l"]);
        for (number, step) in [script, again].into_iter().enumerate() {
            let upper = format!("u{number}");
            let [ours, theirs] = [&mut clone, &mut without].map(|it| {
                it.script(step);
                let compared = it.compare(&upper).unwrap();
                it.lowers.insert(0, it.scratch.text(&upper));
                assert!(compared.reusable);
                // Read back from its tar, a layer is what it was.
                let packed =
                    it.scratch.pack(&upper, crate::protocol::messages::Compression::None, &format!("{upper}.tar"));
                let blob = it.scratch.text(&format!("{upper}.tar"));
                let applied = it.scratch.apply_blob(
                    &blob,
                    crate::protocol::messages::Compression::None,
                    &format!("{upper}.back"),
                );
                assert_eq!(applied.unwrap().diff_id, packed.diff_id);
                let again = it.scratch.pack(
                    &format!("{upper}.back"),
                    crate::protocol::messages::Compression::None,
                    &format!("{upper}.tar2"),
                );
                assert_eq!(again.diff_id, packed.diff_id);
                assert_eq!(compared.diff_id, packed.diff_id);
                compared.diff_id
            });
            assert_eq!(ours, theirs, "{step}");
        }
        let lowers = without.lowers.clone();
        Clones::default().make(&CloneParams { lowers, target: without.scratch.text("again"), writable: true }).unwrap();
        assert_eq!(listing(&without.scratch.path("again")), listing(&without.scratch.path("root")));
    });
}
