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
        run(
            "tar",
            &[
                "-xpzf",
                &scratch.text("l.tar.gz"),
                "-C",
                &scratch.text("t"),
                "--numeric-owner",
                "--xattrs",
                "--xattrs-include=*",
            ],
        );
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
            // Python leaves the times of links and all attributes alone.
            let plain = |lines: Vec<String>| -> Vec<String> {
                lines.iter().map(|line| without_link_time(without_attributes(line))).collect()
            };
            assert_same(&plain(listing(&scratch.path("t"))), &plain(expected), &format!("seed {seed}"));
        }
    }
}

fn without_attributes(line: &str) -> &str {
    line.split_once(" user.oci-build.test=").map_or(line, |(before, _)| before)
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

/// Somebody who writes archives, and what it leaves out of a tree.
struct Writer {
    name: &'static str,
    /// A shell script that packs the directory `$1` into `$2`.
    script: &'static str,
    leaves_out: fn(&str) -> String,
}

const GNU_TAR: &str = "tar --numeric-owner --xattrs --xattrs-include=user.*";
const PYTHON: &str = "import sys, tarfile\n\
    with tarfile.open(sys.argv[2], 'w', format=tarfile.PAX_FORMAT) as t: t.add(sys.argv[1], '.')";

const WRITERS: [Writer; 6] = [
    Writer { name: "tar, pax", script: "$TAR --format=pax -cf $2 -C $1 .", leaves_out: str::to_owned },
    Writer {
        name: "tar, gnu",
        script: "tar --numeric-owner --format=gnu -cf $2 -C $1 .",
        leaves_out: |line| without_attributes(line).to_owned(),
    },
    Writer {
        name: "bsdtar, pax",
        script: "bsdtar --numeric-owner --format=pax -cf $2 -C $1 .",
        leaves_out: str::to_owned,
    },
    Writer {
        name: "bsdtar, gnu",
        script: "bsdtar --numeric-owner --format=gnutar -cf $2 -C $1 .",
        // libarchive clamps times to what octal fields hold in this form.
        leaves_out: |line| without_attributes(line).replace("@-1.0", "@0.0").replace("@8589934592.0", "@8589934591.0"),
    },
    Writer {
        name: "python",
        script: "python3 -c \"$PYTHON\" $1 $2",
        leaves_out: |line| without_attributes(line).to_owned(),
    },
    // An attribute with an empty value is lost in Go's tar: in pax records, empty means deleted.
    Writer {
        name: "umoci",
        script: UMOCI,
        leaves_out: |line| line.strip_suffix(" user.oci-build.test=").unwrap_or(line).to_owned(),
    },
];

/// What umoci makes of a bundle to whose root file system a tree was added.
const UMOCI: &str = "set -e; umoci init --layout $2.o; umoci new --image $2.o:t\n\
    umoci unpack $ROOTLESS --image $2.o:t $2.b; cp -a $1/. $2.b/rootfs/; touch -d @5 $2.b/rootfs\n\
    umoci repack --image $2.o:t $2.b\n\
    gzip -dc $(find $2.o/blobs -type f -exec sh -c 'gzip -t $1 2> /dev/null' - {} \\; -print) > $2";

#[test]
fn what_other_tools_write_is_read() {
    for Writer { name, script, leaves_out } in &WRITERS {
        for seed in 400..403 {
            let scratch = Scratch::new();
            let expected: Vec<String> = tree(&scratch, seed).iter().map(|line| leaves_out(line)).collect();
            // The root is an entry here.
            set_mtime(rustix::fs::CWD, scratch.text("l").as_bytes(), Time { seconds: 5, nanoseconds: 0 }).unwrap();
            let tar = scratch.text("l.tar");
            let variables = format!(
                "TAR='{GNU_TAR}' PYTHON=\"{PYTHON}\" ROOTLESS={}\n{script}",
                if is_root() { "" } else { "--rootless" }
            );
            run("sh", &["-c", &variables, "-", &scratch.text("l"), &tar]);
            scratch.apply_blob(&tar, Compression::None, "t").unwrap();
            assert_same(&listing(&scratch.path("t")), &expected, &format!("{name}, seed {seed}"));
            let root = fs::metadata(scratch.path("t")).unwrap();
            assert_eq!(std::os::unix::fs::MetadataExt::mtime(&root), 5, "{name}");
        }
    }
}
