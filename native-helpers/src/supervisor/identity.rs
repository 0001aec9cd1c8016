//! Becoming another user or group, and asking who one is: credentials(7), as the kernel has it for those with and without
//! CAP_SETUID and CAP_SETGID.

use rustix::io::Errno;

use super::Answered;
use super::caller::{Caller, descriptor, word};
use super::calls::{IdRequest, Kind, Which};
use super::credentials::{Credentials, Ids, Table};
use crate::sys::notify::Answer;

/// "No change".
const SAME: u32 = u32::MAX;
/// The most groups that a process has (NGROUPS_MAX).
const MOST_GROUPS: u32 = 65_536;

pub fn answer(request: IdRequest, caller: Caller, arguments: [u64; 6], table: &mut Table) -> Answered {
    let mut credentials = table.of(caller);
    let privileged = credentials.is_capable;
    let user = credentials.user;
    let [first, second, third] = [0, 1, 2].map(|place| arguments.get(place).map_or(0, |it| word(*it)));
    let done = match request {
        IdRequest::Get(kind, Which::Real) => return Ok(Answer::Value(credentials.of_kind(kind).real.into())),
        IdRequest::Get(kind, Which::Effective) => return Ok(Answer::Value(credentials.of_kind(kind).effective.into())),
        IdRequest::GetAll(kind) => {
            let Ids { real, effective, saved, .. } = *credentials.of_kind(kind);
            for (address, id) in arguments.into_iter().zip([real, effective, saved]) {
                caller.write(address, &id.to_ne_bytes())?;
            }
            0
        }
        IdRequest::GetGroups => return groups(caller, arguments, &credentials),
        IdRequest::SetGroups => {
            if !privileged {
                return Err(Errno::PERM);
            }
            credentials.groups = read_groups(caller, first, arguments)?;
            0
        }
        IdRequest::KeepCapabilities => {
            credentials.keeps = second != 0;
            0
        }
        IdRequest::Set(kind) => credentials.of_kind(kind).set(first, privileged)?,
        IdRequest::SetTwo(kind) => credentials.of_kind(kind).set_two([first, second], privileged)?,
        IdRequest::SetThree(kind) => credentials.of_kind(kind).set_three([first, second, third], privileged)?,
        IdRequest::SetFileSystem(kind) => credentials.of_kind(kind).set_file_system(first, privileged),
    };
    if !matches!(request, IdRequest::GetAll(_)) {
        credentials.became(&user);
        table.set(caller, credentials);
    }
    Ok(match request {
        IdRequest::KeepCapabilities => Answer::Continue,
        _ => Answer::Value(done),
    })
}

fn groups(caller: Caller, [size, list, ..]: [u64; 6], credentials: &Credentials) -> Answered {
    let size = usize::try_from(descriptor(size)).map_err(|_| Errno::INVAL)?;
    let groups = &credentials.groups;
    if size > 0 {
        if size < groups.len() {
            return Err(Errno::INVAL);
        }
        caller.write(list, &groups.iter().flat_map(|gid| gid.to_ne_bytes()).collect::<Vec<_>>())?;
    }
    Ok(Answer::Value(i64::try_from(groups.len()).unwrap_or(0)))
}

fn read_groups(caller: Caller, count: u32, [_, list, ..]: [u64; 6]) -> Result<Vec<u32>, Errno> {
    if count > MOST_GROUPS {
        return Err(Errno::INVAL);
    }
    let mut bytes = vec![0; count as usize * 4];
    if count > 0 {
        caller.read(list, &mut bytes)?;
    }
    Ok(bytes.chunks_exact(4).filter_map(|gid| Some(u32::from_ne_bytes(gid.try_into().ok()?))).collect())
}

impl Credentials {
    fn of_kind(&mut self, kind: Kind) -> &mut Ids {
        match kind {
            Kind::User => &mut self.user,
            Kind::Group => &mut self.group,
        }
    }
}

/// The changes answer what the call answers.
impl Ids {
    fn set(&mut self, id: u32, privileged: bool) -> Result<i64, Errno> {
        match id {
            SAME => return Err(Errno::INVAL),
            _ if privileged => *self = Self::all(id),
            _ if id == self.real || id == self.saved => (self.effective, self.file_system) = (id, id),
            _ => return Err(Errno::PERM),
        }
        Ok(0)
    }

    fn set_two(&mut self, [real, effective]: [u32; 2], privileged: bool) -> Result<i64, Errno> {
        let old = *self;
        let may_be_real = real == SAME || privileged || [old.real, old.effective].contains(&real);
        let may_be_effective =
            effective == SAME || privileged || [old.real, old.effective, old.saved].contains(&effective);
        if !may_be_real || !may_be_effective {
            return Err(Errno::PERM);
        }
        self.change([real, effective, SAME]);
        if real != SAME || (effective != SAME && effective != old.real) {
            self.saved = self.effective;
        }
        Ok(0)
    }

    fn set_three(&mut self, ids: [u32; 3], privileged: bool) -> Result<i64, Errno> {
        let own = [self.real, self.effective, self.saved, SAME];
        if !privileged && !ids.iter().all(|id| own.contains(id)) {
            return Err(Errno::PERM);
        }
        self.change(ids);
        Ok(0)
    }

    fn change(&mut self, ids: [u32; 3]) {
        for (field, id) in [&mut self.real, &mut self.effective, &mut self.saved].into_iter().zip(ids) {
            if id != SAME {
                *field = id;
            }
        }
        self.file_system = self.effective;
    }

    /// Answers the id before, whether it has changed or not.
    fn set_file_system(&mut self, id: u32, privileged: bool) -> i64 {
        let before = self.file_system;
        let own = [self.real, self.effective, self.saved, before];
        if id != SAME && (privileged || own.contains(&id)) {
            self.file_system = id;
        }
        before.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(real: u32, effective: u32, saved: u32) -> Ids {
        Ids { real, effective, saved, file_system: effective }
    }

    #[test]
    fn root_becomes_anybody_for_good() {
        let mut user = Ids::all(0);
        assert_eq!(user.set(33, true), Ok(0));
        assert_eq!(user, Ids::all(33));
        assert_eq!(user.set(0, false), Err(Errno::PERM));
        assert_eq!(user.set_two([SAME, 0], false), Err(Errno::PERM));
        assert_eq!(user.set_three([0, 0, 0], false), Err(Errno::PERM));
        assert_eq!((user.set_file_system(0, false), user), (33, Ids::all(33)));
    }

    #[test]
    fn a_saved_id_is_the_way_back() {
        let mut user = Ids::all(0);
        assert_eq!(user.set_three([SAME, 100, SAME], true), Ok(0));
        assert_eq!(user, ids(0, 100, 0));
        assert_eq!(user.set_two([SAME, 0], false), Ok(0));
        assert_eq!(user, ids(0, 0, 0));
    }

    #[test]
    fn what_setreuid_sets_is_saved() {
        let mut user = ids(1000, 0, 0);
        assert_eq!(user.set_two([1000, 1000], true), Ok(0));
        assert_eq!(user, ids(1000, 1000, 1000));
        let mut swapped = ids(1000, 0, 0);
        assert_eq!(swapped.set_two([0, 1000], true), Ok(0));
        assert_eq!(swapped, ids(0, 1000, 1000));
    }

    #[test]
    fn the_file_system_id_follows_and_can_be_set_apart() {
        let mut user = Ids::all(0);
        assert_eq!(user.set_file_system(7, true), 0);
        assert_eq!(user.file_system, 7);
        assert_eq!(user.set_file_system(SAME, true), 7);
        assert_eq!(user.set_three([SAME, 5, SAME], true), Ok(0));
        assert_eq!(user.file_system, 5);
    }
}
