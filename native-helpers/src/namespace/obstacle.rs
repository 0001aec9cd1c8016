//! What keeps a session out of its namespaces, and which command helps.

use std::fs;
use std::io;

use crate::failure::Failure;
use crate::protocol::messages;

/// Why a session is at place `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    pub code: &'static str,
    pub message: String,
    pub hint: Option<String>,
}

impl Obstacle {
    pub fn new(code: &'static str, message: impl Into<String>, hint: Option<String>) -> Self {
        Self { code, message: message.into(), hint }
    }

    /// Only the sub-ids are missing, not the namespace.
    pub fn is_of_subids(&self) -> bool {
        ["newuidmap-missing", "newuidmap-failed", "subids-missing"].contains(&self.code)
    }

    /// What a request answers that needed the namespaces.
    pub fn failure(&self) -> Failure {
        Failure { code: self.code, message: self.message.clone(), hint: self.hint.clone(), errno: None }
    }

    pub fn message(&self) -> messages::Obstacle {
        messages::Obstacle { code: self.code.to_owned(), message: self.message.clone(), hint: self.hint.clone() }
    }
}

/// The session was asked to stay outside.
pub fn not_entered() -> Obstacle {
    Obstacle::new("no-namespace", "this helper session was started with --no-namespace", None)
}

pub fn newuidmap_missing(program: &str) -> Obstacle {
    Obstacle::new(
        "newuidmap-missing",
        format!("{program} is not on PATH, and without it a user cannot map sub-ids"),
        Some("apt install uidmap".to_owned()),
    )
}

/// `file` is /etc/subuid or /etc/subgid.
pub fn subids_missing(file: &str, user: &str) -> Obstacle {
    Obstacle::new(
        "subids-missing",
        format!("{file} gives {user} no range of ids"),
        Some(format!("sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}")),
    )
}

/// `program` is newuidmap or newgidmap, `answer` what it printed.
pub fn newuidmap_failed(program: &str, answer: &str) -> Obstacle {
    let hint = format!("check that {program} is set-uid root or has file capabilities: ls -l $(command -v {program})");
    Obstacle::new("newuidmap-failed", format!("{program} refused the mapping: {}", answer.trim()), Some(hint))
}

pub fn mount_forbidden(step: &str, error: &io::Error) -> Obstacle {
    Obstacle::new(
        "mount-forbidden",
        format!("cannot {step}: {}", describe(error)),
        Some("the container or the security policy around this process forbids mounts; allow them (for docker and podman: --security-opt seccomp=unconfined --security-opt apparmor=unconfined)".to_owned()),
    )
}

/// The kernel's switches that decide over user namespaces; `None` where a kernel has no such switch.
#[derive(Debug, Default, Clone, Copy)]
pub struct Switches {
    pub max_user_namespaces: Option<u64>,
    pub unprivileged_userns_clone: Option<u64>,
    pub apparmor_restrict: Option<u64>,
}

impl Switches {
    pub fn read() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
        Self {
            max_user_namespaces: read("/proc/sys/user/max_user_namespaces"),
            unprivileged_userns_clone: read("/proc/sys/kernel/unprivileged_userns_clone"),
            apparmor_restrict: read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        }
    }
}

/// Why a user namespace could not be made or, once made, has no powers: the switches tell what the error alone does not.
pub fn userns_forbidden(step: &str, error: &io::Error, switches: Switches) -> Obstacle {
    let (reason, hint) = if switches.max_user_namespaces == Some(0) {
        ("the sysctl user.max_user_namespaces is 0", "sudo sysctl -w user.max_user_namespaces=15000")
    } else if switches.unprivileged_userns_clone == Some(0) {
        ("the sysctl kernel.unprivileged_userns_clone is 0", "sudo sysctl -w kernel.unprivileged_userns_clone=1")
    } else if switches.apparmor_restrict == Some(1) {
        (
            "AppArmor restricts user namespaces of ordinary users (kernel.apparmor_restrict_unprivileged_userns is 1)",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give the helper an AppArmor profile with `userns,`",
        )
    } else {
        match error.raw_os_error() {
            Some(libc::ENOSPC) => (
                "too many user namespaces exist already, or they are nested too deeply",
                "raise the sysctl user.max_user_namespaces",
            ),
            Some(libc::EINVAL | libc::ENOSYS) => {
                ("this kernel has no user namespaces", "use a kernel built with CONFIG_USER_NS")
            }
            _ => (
                "a seccomp filter or another security policy around this process forbids it",
                "inside a container allow it with --security-opt seccomp=unconfined, or run oci-build outside of it",
            ),
        }
    };
    let message = format!("cannot {step}: {reason} ({})", describe(error));
    Obstacle::new("userns-forbidden", message, Some(hint.to_owned()))
}

/// The system's sentence for an error, in lower case and without its number.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_switch_that_is_off() {
        let eperm = io::Error::from_raw_os_error(libc::EPERM);
        let on = Switches { max_user_namespaces: Some(9), ..Switches::default() };
        let table = [
            (Switches { max_user_namespaces: Some(0), ..on }, "user.max_user_namespaces="),
            (Switches { unprivileged_userns_clone: Some(0), ..on }, "kernel.unprivileged_userns_clone=1"),
            (Switches { apparmor_restrict: Some(1), ..on }, "kernel.apparmor_restrict_unprivileged_userns=0"),
            (on, "seccomp=unconfined"),
        ];
        for (switches, expected) in table {
            let obstacle = userns_forbidden("make a user namespace", &eperm, switches);
            assert_eq!(obstacle.code, "userns-forbidden");
            assert!(obstacle.hint.unwrap().contains(expected), "{expected}");
        }
    }

    #[test]
    fn an_old_kernel_and_a_full_table_are_told_apart() {
        let message = |errno| userns_forbidden("x", &io::Error::from_raw_os_error(errno), Switches::default()).message;
        assert!(message(libc::EINVAL).contains("no user namespaces"));
        assert!(message(libc::ENOSPC).contains("too many"));
    }
}
