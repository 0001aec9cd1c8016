//! What a run has mounted, in every sandbox of everybody.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::rootfs::{Sandbox, each};

/// A directory beside the root that belongs to the sandbox's user.
fn beside(sandbox: &Sandbox, name: &str) -> PathBuf {
    let path = sandbox.root.parent().unwrap().join(name);
    fs::create_dir(&path).unwrap();
    sandbox.who.own(&path);
    path
}

fn write(sandbox: &Sandbox, path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    sandbox.who.own(path);
}

fn bind(target: &str, tree: &Path, source: &str) -> Value {
    json!({ "kind": "bind", "target": target, "tree": tree, "source": source, "readOnly": true })
}

fn file(target: &str, content: &str, mode: u32) -> Value {
    let content: String = content.bytes().map(|byte| format!("{byte:02x}")).collect();
    json!({ "kind": "file", "target": target, "content": content, "mode": mode, "uid": 0, "gid": 0, "program": false })
}

fn with(sandbox: &mut Sandbox, mounts: &[Value], script: &str) -> String {
    sandbox.script(script).with("mounts", json!(mounts)).output(&mut sandbox.session)
}

fn refusal(sandbox: &mut Sandbox, mounts: &[Value]) -> Value {
    sandbox.script("echo ran").with("mounts", json!(mounts)).in_session(&mut sandbox.session).answer.unwrap_err()
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(directory).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_bound_directory_is_read_only_and_its_mount_point_goes_away() {
    each(|sandbox| {
        let tree = beside(sandbox, "tree");
        fs::create_dir(tree.join("sub")).unwrap();
        sandbox.who.own(&tree.join("sub"));
        write(sandbox, &tree.join("sub/a"), "hi");
        let before = (fs::metadata(&sandbox.root).unwrap().mtime_nsec(), names(&sandbox.root));
        let output = with(
            sandbox,
            &[bind("/x/y", &tree, "/sub"), bind("/x/file", &tree, "sub/a")],
            "cat /x/y/a /x/file; touch /x/y/b 2>&1; touch /x/file 2>&1; ls /x",
        );
        assert_eq!(
            output,
            "hihitouch: /x/y/b: Read-only file system\ntouch: /x/file: Read-only file system\nfile\ny\n"
        );
        assert_eq!((fs::metadata(&sandbox.root).unwrap().mtime_nsec(), names(&sandbox.root)), before);
    });
}

#[test]
fn a_writable_bind_reaches_its_source_and_hides_what_the_image_has_there() {
    each(|sandbox| {
        let tree = beside(sandbox, "tree");
        let mount = json!({ "kind": "bind", "target": "/etc", "tree": tree, "source": "", "readOnly": false });
        assert_eq!(with(sandbox, &[mount], "ls /etc; echo kept >/etc/new"), "");
        assert_eq!(fs::read_to_string(tree.join("new")).unwrap(), "kept\n");
        assert_eq!(names(&sandbox.root.join("etc")), ["group", "passwd"]);
    });
}

#[test]
fn links_of_a_source_and_of_a_target_stay_inside_their_roots() {
    each(|sandbox| {
        let tree = beside(sandbox, "tree");
        let outside = beside(sandbox, "outside");
        write(sandbox, &tree.join("secret"), "inside the tree");
        write(sandbox, &outside.join("secret"), "of the host");
        symlink("../../../../../../secret", tree.join("up")).unwrap();
        symlink(outside.join("secret"), tree.join("absolute")).unwrap();
        symlink("/proc/self/root", tree.join("magic")).unwrap();
        symlink(&outside, sandbox.root.join("out")).unwrap();
        symlink("/etc", sandbox.root.join("conf")).unwrap();
        assert_eq!(with(sandbox, &[bind("/x", &tree, "/up")], "cat /x"), "inside the tree");
        assert_eq!(with(sandbox, &[bind("/x", &tree, "../../secret")], "cat /x"), "inside the tree");
        for name in ["absolute", "magic", "none"] {
            assert_eq!(refusal(sandbox, &[bind("/x", &tree, name)])["code"], "mount-source-missing", "{name}");
        }
        // A link of the image to a directory of the host means a path in the image.
        assert_eq!(with(sandbox, &[file("/out/new", "x", 0o444)], "cat /out/new"), "x");
        assert_eq!(names(&outside), ["secret"]);
        assert!(!sandbox.root.join(outside.strip_prefix("/").unwrap()).exists(), "the stub went away again");
        assert_eq!(with(sandbox, &[file("/conf/passwd", "x", 0o444)], "cat /etc/passwd"), "x");
        assert!(fs::read_to_string(sandbox.root.join("etc/passwd")).unwrap().starts_with("root"));
    });
}

#[test]
fn a_temporary_file_system_may_lie_anywhere_and_be_small() {
    each(|sandbox| {
        let mounts = [
            json!({ "kind": "tmpfs", "target": "/dev/shm", "size": 65536, "readOnly": false }),
            json!({ "kind": "tmpfs", "target": "/tmp", "readOnly": false }),
            json!({ "kind": "tmpfs", "target": "/empty", "readOnly": true }),
        ];
        let script = "grep ' /tmp ' /proc/mounts | grep -c tmpfs; ls -ld /tmp | cut -c 1-10; touch /tmp/a
            touch /empty/a 2>/dev/null || echo read-only
            yes | head -c 100000 >/dev/shm/x 2>/dev/null || echo full";
        assert_eq!(with(sandbox, &mounts, script), "1\ndrwxrwxrwt\nread-only\nfull\n");
        assert_eq!(names(&sandbox.root.join("tmp")), [] as [&str; 0]);
    });
}

#[test]
fn a_file_has_its_owner_and_mode_and_leaves_nothing_behind() {
    each(|sandbox| {
        let secret = json!({
            "kind": "file", "target": "/run/secrets/token", "content": "00ff0a", "mode": 0o440, "uid": 1000, "gid": 55,
            "program": false,
        });
        let script = "ls -ln /run/secrets/token | cut -c 1-30; wc -c </run/secrets/token
            for of in /run/secrets/token; do chmod 777 $of 2>/dev/null || echo fixed; rm $of 2>/dev/null || echo busy; done";
        let output = with(sandbox, std::slice::from_ref(&secret), script);
        assert_eq!(output, "-r--r-----    1 1000     55   \n3\nfixed\nbusy\n");
        let app = sandbox.script("cat /run/secrets/token | wc -c").with("mounts", json!([secret]));
        assert_eq!(app.with("user", json!("app")).output(&mut sandbox.session), "3\n");
        assert!(!sandbox.root.join("run").exists());
    });
}

#[test]
fn only_a_program_can_be_executed() {
    each(|sandbox| {
        let mut script = file("/dev/pipes/EOF", "#!/bin/sh\necho $0; touch $0", 0o755);
        let run = |sandbox: &mut Sandbox, mount: &Value| {
            let run = sandbox.script("/dev/pipes/EOF 2>&1; true").with("mounts", json!([mount]));
            run.output(&mut sandbox.session)
        };
        assert_eq!(run(sandbox, &script), "/bin/sh: /dev/pipes/EOF: Permission denied\n");
        script["program"] = json!(true);
        assert_eq!(run(sandbox, &script), "/dev/pipes/EOF\ntouch: /dev/pipes/EOF: Read-only file system\n");
        assert!(!sandbox.root.join("dev").exists());
    });
}

#[test]
fn mounts_lie_in_each_other_in_their_order() {
    each(|sandbox| {
        let cache = beside(sandbox, "cache");
        let tree = beside(sandbox, "tree");
        write(sandbox, &tree.join("a"), "deep");
        fs::create_dir_all(sandbox.root.join("x/empty")).unwrap();
        let writable = json!({ "kind": "bind", "target": "/x", "tree": cache, "source": "", "readOnly": false });
        let mounts = [writable, bind("/x/empty/y", &tree, ""), file("/x/z", "f", 0o400)];
        assert_eq!(with(sandbox, &mounts, "cat /x/empty/y/a /x/z"), "deepf");
        // The mount points belong to the cache; a directory of the same name in the image is another one.
        assert_eq!(names(&cache), ["empty", "z"]);
        assert!(sandbox.root.join("x/empty").is_dir());
        let nested = [bind("/x", &tree, ""), file("/x/new", "f", 0o400)];
        assert_eq!(refusal(sandbox, &nested)["errno"], "EROFS");
    });
}

#[test]
fn what_cannot_be_mounted_fails_before_the_command_runs() {
    each(|sandbox| {
        symlink("/", sandbox.root.join("loop")).unwrap();
        symlink("/proc/sys", sandbox.root.join("kernel")).unwrap();
        let tree = beside(sandbox, "tree");
        for target in ["/loop", "/proc", "/kernel", "/etc/passwd"] {
            let failure = refusal(sandbox, &[bind(target, &tree, "")]);
            assert_eq!(failure["code"], "mount-point-invalid", "{target}: {failure}");
        }
        assert_eq!(refusal(sandbox, &[file("/etc", "x", 0o400)])["code"], "mount-point-invalid");
        let mut foreign = file("/x", "x", 0o400);
        foreign["uid"] = json!(4_000_000_000_u32);
        if sandbox.who.place == "subids" {
            assert_eq!(refusal(sandbox, &[foreign])["code"], "owner-not-mapped");
        }
        assert_eq!(with(sandbox, &[], "echo $(ls /)"), "bin dev etc kernel loop proc sys tmp\n");
        assert_eq!(fs::metadata(sandbox.root.join("etc")).unwrap().permissions().mode() & 0o777, 0o755);
    });
}
