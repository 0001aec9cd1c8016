//! Overlays, and runs on them.

use std::fs;

use serde_json::{Value, json};

use crate::client::Run;
use crate::rootfs::each;

#[test]
fn a_run_on_an_overlay_writes_to_the_upper_directory() {
    each(|sandbox| {
        let base = sandbox.root.parent().unwrap().to_owned();
        let path = |name: &str| base.join(name);
        for name in ["lower", "upper", "work"] {
            fs::create_dir(path(name)).unwrap();
            sandbox.who.own(&path(name));
        }
        fs::write(path("lower/gone"), "").unwrap();
        let target = path("merged");
        let params = json!({
            "lowers": [path("lower"), sandbox.root], "upper": path("upper"), "work": path("work"), "target": target,
        });
        let script =
            "touch /new && rm -r /gone /tmp && mkdir /tmp && touch /tmp/x && chmod 700 /etc/passwd; ls -ld /new";
        for _ in 0..2 {
            sandbox.session.ok("mount", params.clone());
            sandbox.session.ok("unmount", json!({ "target": target }));
        }
        sandbox.session.ok("mount", params);
        let run = Run::script(&target, sandbox.isolation, script)
            .with("files", json!([{ "path": "/etc/hosts", "content": "" }]));
        assert!(run.output(&mut sandbox.session).starts_with("-rw-r--r--"));
        sandbox.session.ok("unmount", json!({ "target": target }));
        let mut names: Vec<_> = fs::read_dir(path("upper")).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["etc", "gone", "new", "tmp"], "no mount point reached the layer");
        let etc: Vec<_> = fs::read_dir(path("upper/etc")).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(etc, ["passwd"]);
    });
}

#[test]
fn a_mount_needs_neither_layers_nor_an_upper_directory() {
    each(|sandbox| {
        let base = sandbox.root.parent().unwrap().to_owned();
        let path = |name: &str| base.join(name);
        for name in ["upper", "work", "second"] {
            fs::create_dir(path(name)).unwrap();
            sandbox.who.own(&path(name));
        }
        let lists = |sandbox: &mut crate::rootfs::Sandbox, params: Value| {
            sandbox.session.ok("mount", params);
            let reply = Run::command(&path("target"), "chroot", &["/bin/ls", "/"]).in_session(&mut sandbox.session);
            sandbox.session.ok("unmount", json!({ "target": path("target") }));
            reply
        };
        let target = path("target");
        let empty =
            lists(sandbox, json!({ "lowers": [], "upper": path("upper"), "work": path("work"), "target": target }));
        assert_eq!(empty.outcome()["code"], "command-not-found");
        // A root without /proc cannot get one when nothing may be written to it.
        fs::create_dir(sandbox.root.join("proc")).unwrap();
        fs::create_dir(sandbox.root.join("sys")).unwrap();
        fs::create_dir(sandbox.root.join("dev")).unwrap();
        for lowers in [json!([sandbox.root]), json!([path("second"), sandbox.root])] {
            assert_eq!(
                lists(sandbox, json!({ "lowers": lowers, "target": target })).stdout,
                "bin\ndev\netc\nproc\nsys\ntmp\n"
            );
        }
    });
}

#[test]
fn what_cannot_be_mounted_says_why() {
    each(|sandbox| {
        let base = sandbox.root.parent().unwrap().to_owned();
        let missing =
            sandbox.session.call("mount", json!({ "lowers": [base.join("nothing")], "target": base.join("t") }));
        assert_eq!(missing.answer.unwrap_err()["errno"], "ENOENT");
        let unmounted = sandbox.session.call("unmount", json!({ "target": base }));
        assert_eq!(unmounted.answer.unwrap_err()["code"], "not-mounted");

        // An upper directory on an overlay, as in the root of a container.
        for name in ["upper", "work"] {
            fs::create_dir(base.join(name)).unwrap();
            sandbox.who.own(&base.join(name));
        }
        let merged = base.join("merged");
        sandbox.session.ok(
            "mount",
            json!({ "lowers": [sandbox.root], "upper": base.join("upper"), "work": base.join("work"), "target": merged }),
        );
        let nested = json!({ "lowers": [sandbox.root], "upper": merged.join("bin"), "work": merged.join("tmp"), "target": base.join("n") });
        let failure = sandbox.session.call("mount", nested).answer.unwrap_err();
        assert_eq!(failure["code"], "overlay-unsupported");
        assert!(failure["hint"].as_str().unwrap().contains("--root"), "{failure}");
        sandbox.session.ok("unmount", json!({ "target": merged }));
    });
}
