//! Whom processes have become. The kernel itself carries that from process to process: a limit that has meant nothing
//! since Linux 2.4.25 (RLIMIT_LOCKS) is inherited over fork and exec, and holds the place in a table.

use super::Answered;
use super::caller::Caller;
use crate::sys::limits::{lock_limit, set_lock_limit};
use crate::sys::notify::Answer;
use crate::tree::identity::Identity;

/// Ids of one kind: users, or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    pub real: u32,
    pub effective: u32,
    pub saved: u32,
    /// Who owns what is made.
    pub file_system: u32,
}

impl Ids {
    pub fn all(id: u32) -> Self {
        Self { real: id, effective: id, saved: id, file_system: id }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: Ids,
    pub group: Ids,
    pub groups: Vec<u32>,
    /// May become anybody, and own for others: what root can, until it becomes somebody else for good.
    pub is_capable: bool,
    /// Stays capable when that happens (PR_SET_KEEPCAPS), until another program is run.
    pub keeps: bool,
}

impl Credentials {
    pub fn of(identity: &Identity) -> Self {
        let (user, group) = (Ids::all(identity.uid), Ids::all(identity.gid));
        Self { user, group, groups: identity.groups.clone(), is_capable: identity.uid == 0, keeps: false }
    }

    fn root() -> Self {
        Self { user: Ids::all(0), group: Ids::all(0), groups: Vec::new(), is_capable: true, keeps: false }
    }

    /// What a change of users does to what one may do (capabilities(7)).
    pub fn became(&mut self, before: &Ids) {
        if self.user.effective == 0 {
            self.is_capable = true;
        } else if before.effective == 0 {
            self.is_capable = self.keeps;
        }
    }

    /// What another program does to it.
    pub fn ran_program(&mut self) {
        for ids in [&mut self.user, &mut self.group] {
            (ids.saved, ids.file_system) = (ids.effective, ids.effective);
        }
        (self.is_capable, self.keeps) = (self.user.effective == 0, false);
    }

    pub fn is_member_of(&self, gid: u32) -> bool {
        self.group.file_system == gid || self.groups.contains(&gid)
    }
}

/// A limit of this value and above is a place in the table.
const FIRST: u64 = 0x6f63_692d_0000_0000;

/// Answers who asks for that limit, or sets it as pam_limits does, as if there were none.
pub fn hide_limit(old: Option<usize>, caller: Caller, arguments: [u64; 6]) -> Answered {
    let address = old.and_then(|place| arguments.get(place)).copied().unwrap_or(0);
    if address != 0 {
        caller.write(address, &[u8::MAX; 16])?;
    }
    Ok(Answer::Value(0))
}

/// All credentials that a process of the sandbox had.
pub struct Table(Vec<Credentials>);

impl Table {
    /// `first` are those of a process that became nobody else.
    pub fn new(first: Credentials) -> Self {
        Self(vec![first])
    }

    pub fn of(&self, caller: Caller) -> Credentials {
        let limit = lock_limit(caller.thread).ok().and_then(|(current, _)| current.checked_sub(FIRST));
        let place = limit.and_then(|place| usize::try_from(place).ok());
        let known = place.and_then(|place| self.0.get(place)).or_else(|| self.0.first());
        known.cloned().unwrap_or_else(Credentials::root)
    }

    /// Makes `caller` one who has `credentials`.
    pub fn set(&mut self, caller: Caller, credentials: Credentials) {
        let place = self.0.iter().position(|known| *known == credentials).unwrap_or_else(|| {
            self.0.push(credentials);
            self.0.len() - 1
        });
        if let Ok((_, most)) = lock_limit(caller.thread) {
            let _ = set_lock_limit(caller.thread, (FIRST + place as u64, most));
        }
    }
}
