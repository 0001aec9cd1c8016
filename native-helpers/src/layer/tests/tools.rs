//! Layers as the tools of others read and write them.

use std::fs;

use super::super::metadata::set_mtime;
use super::super::tar::Time;
use super::trees::{make, plan};
use super::{Scratch, assert_same, is_root, listing, run};
use crate::protocol::messages::Compression;

/// Makes a tree at random, its root settled as other tools would find it.
fn tree(scratch: &Scratch, seed: u64) -> Vec<String> {
    make(&scratch.path("l"), &plan(seed, false), seed);
    listing(&scratch.path("l"))
}

const SEEDS: std::ops::Range<u64> = 200..206;

#[test]
fn gnu_tar_reads_what_is_packed() {
    for seed in SEEDS {
        let scratch = Scratch::new();
        let expected = tree(&scratch, seed);
        scratch.pack("l", Compression::Gzip, "l.tar.gz");
        fs::create_dir(scratch.path("t")).unwrap();
        run("tar", &["-xpzf", &scratch.text("l.tar.gz"), "-C", &scratch.text("t"), "--numeric-owner", "--xattrs"]);
        assert_same(&listing(&scratch.path("t")), &expected, &format!("seed {seed}"));
    }
}

#[test]
fn bsdtar_reads_what_is_packed() {
    for seed in SEEDS {
        let scratch = Scratch::new();
        let expected = tree(&scratch, seed);
        scratch.pack("l", Compression::Zstd, "l.tar.zst");
        fs::create_dir(scratch.path("t")).unwrap();
        run("bsdtar", &["-xpf", &scratch.text("l.tar.zst"), "-C", &scratch.text("t"), "--numeric-owner"]);
        assert_same(&listing(&scratch.path("t")), &expected, &format!("seed {seed}"));
    }
}

#[test]
fn python_reads_what_is_packed() {
    // Extracting with Python is left to root: it gives up set-id bits for others.
    let script = "import sys, tarfile\n\
        with tarfile.open(sys.argv[1]) as t:\n\
        \x20for m in t: print(ascii(m.name), oct(m.mode), m.uid, m.gid, int(m.mtime), m.size, ascii(m.linkname))";
    let extract = "import sys, tarfile\n\
        t = tarfile.open(sys.argv[1]); t.extractall(sys.argv[2], numeric_owner=True, filter='fully_trusted')";
    for seed in SEEDS {
        let scratch = Scratch::new();
        let expected = tree(&scratch, seed);
        scratch.pack("l", Compression::Gzip, "l.tar.gz");
        let listed = run("python3", &["-c", script, &scratch.text("l.tar.gz")]);
        assert_eq!(listed.lines().count(), expected.len(), "seed {seed}");
        if is_root() {
            run("python3", &["-c", extract, &scratch.text("l.tar.gz"), &scratch.text("t")]);
            // Python leaves the times of links alone.
            let timeless =
                |lines: Vec<String>| -> Vec<String> { lines.iter().map(|line| without_link_time(line)).collect() };
            assert_same(&timeless(listing(&scratch.path("t"))), &timeless(expected), &format!("seed {seed}"));
        }
    }
}

fn without_link_time(line: &str) -> String {
    match (line.split_once(" @"), line.split_once(" -> ")) {
        (Some((before, _)), Some((_, target))) => format!("{before} -> {target}"),
        _ => line.to_owned(),
    }
}

#[test]
fn umoci_unpacks_a_layer_as_an_image() {
    let scratch = Scratch::new();
    let expected = tree(&scratch, 300);
    let packed = scratch.pack("l", Compression::None, "l.tar");
    let (layout, image) = (scratch.text("layout"), format!("{}:t", scratch.text("layout")));
    run("umoci", &["init", "--layout", &layout]);
    run("umoci", &["new", "--image", &image]);
    run("umoci", &["raw", "add-layer", "--image", &image, &scratch.text("l.tar")]);
    run("umoci", &["unpack", "--rootless", "--image", &image, &scratch.text("bundle")]);
    assert!(run("umoci", &["stat", "--image", &image, "--json"]).contains("history"));
    let config = run("sh", &["-c", &format!("grep -l diff_ids {layout}/blobs/sha256/* | xargs cat")]);
    assert!(config.contains(&packed.diff_id));
    assert_same(&listing(&scratch.path("bundle/rootfs")), &expected, "");
}

#[test]
fn what_other_tools_write_is_read() {
    for (tool, arguments) in [
        ("tar", &["--format=pax", "--numeric-owner"][..]),
        ("tar", &["--format=gnu", "--numeric-owner"]),
        ("bsdtar", &["--format=pax", "--numeric-owner"]),
        ("bsdtar", &["--format=gnutar", "--numeric-owner"]),
    ] {
        let scratch = Scratch::new();
        let mut expected = tree(&scratch, 400);
        if arguments.contains(&"--format=gnutar") {
            // libarchive clamps times to what octal fields hold in this form.
            let clamped = |line: &String| line.replace("@-1.0", "@0.0").replace("@8589934592.0", "@8589934591.0");
            expected = expected.iter().map(clamped).collect();
        }
        // The root is an entry here.
        set_mtime(rustix::fs::CWD, scratch.text("l").as_bytes(), Time { seconds: 5, nanoseconds: 0 }).unwrap();
        let tar = scratch.text("l.tar");
        run(tool, &[arguments, &["-cf", &tar, "-C", &scratch.text("l"), "."]].concat());
        scratch.apply_blob(&tar, Compression::None, "t").unwrap();
        assert_same(&listing(&scratch.path("t")), &expected, &format!("{tool} {arguments:?}"));
        let root = fs::metadata(scratch.path("t")).unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::mtime(&root), 5);
    }
}
