//! The last steps of the program's process: from a copy of pid 1 to what the Dockerfile asked for.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Gid, Mode, Uid, fchown, fstat, statat};
use rustix::io::Errno;
use rustix::process::{chdir, getcwd, ioctl_tiocsctty, setsid, umask};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, remove_capability_from_bounding_set,
    set_capabilities, set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use crate::protocol::messages::Outcome;
use crate::sandbox::assignment::{During, Process, Report, SetupError};
use crate::sandbox::capabilities::default_set;
use crate::sandbox::control::Control;
use crate::sandbox::filter;
use crate::supervisor;
use crate::sys::descriptors::close_all_but;
use crate::sys::exec::execve;
use crate::sys::seccomp;
use crate::sys::signals::restore_defaults;
use crate::tree::identity::Identity;

/// Where a shell looks when there is no PATH; Docker's default.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What descriptors 0, 1 and 2 will be.
pub enum Stdio {
    Files(Vec<OwnedFd>),
    Terminal(OwnedFd),
}

/// A program to be started, and as whom.
pub struct Payload<'a> {
    pub process: &'a Process,
    pub identity: &'a Identity,
    pub stdio: Stdio,
    /// Where one id is mapped: whom to give the means to answer the process's calls.
    pub supervision: Option<&'a Control>,
}

/// Why the program does not run.
enum Trouble {
    Setup(SetupError),
    NotStarted { code: &'static str, message: String },
}

impl From<SetupError> for Trouble {
    fn from(error: SetupError) -> Self {
        Self::Setup(error)
    }
}

impl Payload<'_> {
    /// Becomes the program. When that fails, says why on the pipe `trouble` and ends.
    pub fn become_program(&self, trouble: &OwnedFd) -> ! {
        let Err(reason) = self.prepare(trouble.as_fd()).and_then(|()| self.execute());
        let report = match reason {
            Trouble::Setup(error) => error.report(),
            Trouble::NotStarted { code, message } => {
                Report::Ended { outcome: Outcome::NotStarted { code: code.to_owned(), message } }
            }
        };
        let text = serde_json::to_vec(&report).unwrap_or_default();
        let _ = rustix::io::write(trouble, &text);
        std::process::exit(1)
    }

    fn prepare(&self, trouble: BorrowedFd<'_>) -> Result<(), Trouble> {
        setsid().during("start a session")?;
        self.take_stdio().during("set up standard input and output")?;
        close_all_but(&self.kept(trouble)).during("close descriptors")?;
        restore_defaults().during("restore signals")?;
        umask(Mode::from_raw_mode(0o022));
        self.enter_directory()?;
        self.give_up_power()?;
        Ok(())
    }

    fn kept<'b>(&'b self, trouble: BorrowedFd<'b>) -> Vec<BorrowedFd<'b>> {
        self.supervision.map(AsFd::as_fd).into_iter().chain([trouble]).collect()
    }

    fn take_stdio(&self) -> io::Result<()> {
        let (files, owner) = match &self.stdio {
            Stdio::Terminal(slave) => {
                ioctl_tiocsctty(slave)?;
                ([slave.as_fd(); 3], true)
            }
            Stdio::Files(files) => match files.as_slice() {
                [input, output, error] => ([input.as_fd(), output.as_fd(), error.as_fd()], false),
                _ => return Err(Errno::BADF.into()),
            },
        };
        for file in files {
            // Else a program that is not root could not open /dev/stdout. Files that belong to the caller stay theirs.
            if owner || is_pipe(file) {
                let _ = fchown(file, Some(Uid::from_raw(self.identity.uid)), None);
            }
        }
        let [input, output, error] = files;
        dup2_stdin(input)?;
        dup2_stdout(output)?;
        dup2_stderr(error)?;
        Ok(())
    }

    /// Enters the working directory while still root, as runc does. A directory that is reachable only by name of a
    /// descriptor lies outside the root (CVE-2024-21626); the kernel tells by a path that does not start at the root.
    fn enter_directory(&self) -> Result<(), Trouble> {
        let cwd = &self.process.cwd;
        let missing = |reason: String| Trouble::NotStarted {
            code: "cwd-missing",
            message: format!("working directory {cwd} {reason}"),
        };
        chdir(cwd.as_str()).map_err(|error| match error {
            Errno::NOENT => missing("is not in the image".to_owned()),
            Errno::NOTDIR => missing("is not a directory".to_owned()),
            error => missing(format!("cannot be entered: {}", system_text(error))),
        })?;
        match getcwd(Vec::new()) {
            Ok(path) if path.to_bytes().starts_with(b"/") => Ok(()),
            _ => Err(missing("is outside of the image".to_owned())),
        }
    }

    /// From all powers in the sandbox to those of the user. The filter comes while CAP_SYS_ADMIN is still there, which
    /// allows it without no_new_privs: set-id programs go on working.
    fn give_up_power(&self) -> Result<(), SetupError> {
        let allowed = default_set();
        for number in 0..64 {
            let capability = CapabilitySet::from_bits_retain(1 << number);
            if !allowed.contains(capability) {
                match remove_capability_from_bounding_set(capability) {
                    Ok(()) | Err(Errno::INVAL) => {}
                    // A container may have been started without CAP_SETPCAP.
                    Err(Errno::PERM) if self.process.bare => {}
                    Err(error) => return Err(error).during("drop capabilities"),
                }
            }
        }
        let _ = clear_ambient_capability_set();
        self.filter_calls().during("load the system call filter")?;

        match self.supervision {
            Some(control) => supervisor::engage(control).during("have calls answered")?,
            None => self.become_user()?,
        }
        let held = capabilities(None).during("read capabilities")?.permitted & allowed;
        // Whoever a supervised process is said to be, for the kernel it owns what it finds, as root does.
        let is_root = self.identity.uid == 0 || self.supervision.is_some();
        let kept = if is_root { held } else { CapabilitySet::empty() };
        let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
        set_capabilities(None, sets).during("set capabilities")
    }

    fn become_user(&self) -> Result<(), SetupError> {
        let Identity { uid, gid, groups, .. } = self.identity;
        let groups: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
        let (uid, gid) = (Uid::from_raw(*uid), Gid::from_raw(*gid));
        set_thread_groups(&groups).during("set groups")?;
        set_thread_res_gid(gid, gid, gid).during(format!("become group {}", gid.as_raw()))?;
        set_thread_res_uid(uid, uid, uid).during(format!("become user {}", uid.as_raw()))
    }

    /// Without CAP_SYS_ADMIN the filter takes no_new_privs, and set-id programs then gain nothing: root does not miss
    /// that, and for others the filter of the container around must do.
    fn filter_calls(&self) -> io::Result<()> {
        match seccomp::install(&filter::program()) {
            Err(error) if self.process.bare && error.raw_os_error() == Some(libc::EACCES) => {
                if self.identity.uid != 0 {
                    return Ok(());
                }
                set_no_new_privs(true)?;
                seccomp::install(&filter::program())
            }
            done => done,
        }
    }

    /// Looks the program up as execvp does and runs it. Comes back only with the reason why not.
    fn execute(&self) -> Result<std::convert::Infallible, Trouble> {
        let name = self.process.argv.first().map_or("", String::as_str);
        let not_found =
            || Trouble::NotStarted { code: "command-not-found", message: format!("{name} not found in the image") };
        let nul =
            |error: std::ffi::NulError| SetupError { step: "pass the command on".to_owned(), error: error.into() };
        let strings = |list: &[String]| list.iter().map(|it| CString::new(it.as_str())).collect::<Result<Vec<_>, _>>();
        let (arguments, environment) =
            (strings(&self.process.argv).map_err(nul)?, strings(&self.environment()).map_err(nul)?);
        let mut refused = None;
        for candidate in self.candidates(name) {
            let path = CString::new(candidate.as_str()).map_err(nul)?;
            let error = execve(&path, &arguments, &environment);
            let exists = statat(rustix::fs::CWD, &path, AtFlags::empty()).is_ok();
            match error.raw_os_error() {
                Some(libc::ENOENT) if exists => {
                    refused.get_or_insert(format!("{candidate} needs an interpreter that is not in the image"));
                }
                Some(libc::ENOENT | libc::ENOTDIR) => {}
                Some(libc::EACCES) if !exists => {}
                Some(libc::ENOEXEC) => {
                    refused.get_or_insert(format!("{candidate} is no program for this machine, nor a script with #!"));
                }
                Some(errno) => {
                    let text = system_text(Errno::from_raw_os_error(errno));
                    refused.get_or_insert(format!("{candidate} cannot be executed: {text}"));
                }
                None => {}
            }
        }
        Err(match refused {
            Some(message) => Trouble::NotStarted { code: "command-not-executable", message },
            None => not_found(),
        })
    }

    /// The paths under which the program may be: its own when it has a slash, else one for each directory of PATH.
    fn candidates(&self, name: &str) -> Vec<String> {
        if name.is_empty() {
            return Vec::new();
        }
        if name.contains('/') {
            return vec![name.to_owned()];
        }
        let path = self.process.env.iter().find_map(|it| it.strip_prefix("PATH=")).unwrap_or(DEFAULT_PATH);
        path.split(':').map(|it| if it.is_empty() { "." } else { it }).map(|it| format!("{it}/{name}")).collect()
    }

    fn environment(&self) -> Vec<String> {
        let mut environment = self.process.env.clone();
        if !environment.iter().any(|it| it.starts_with("HOME=")) {
            environment.push(format!("HOME={}", self.identity.home));
        }
        environment
    }
}

fn is_pipe(file: BorrowedFd<'_>) -> bool {
    fstat(file).is_ok_and(|it| FileType::from_raw_mode(it.st_mode) == FileType::Fifo)
}

fn system_text(error: Errno) -> String {
    let text = io::Error::from(error).to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}
