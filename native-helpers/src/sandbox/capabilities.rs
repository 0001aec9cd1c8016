//! What root of a sandboxed process may do: Docker's default set.

use rustix::thread::CapabilitySet;

/// The set with bubblewrap's names for its members.
pub const DEFAULT: [(CapabilitySet, &str); 14] = [
    (CapabilitySet::CHOWN, "CAP_CHOWN"),
    (CapabilitySet::DAC_OVERRIDE, "CAP_DAC_OVERRIDE"),
    (CapabilitySet::FSETID, "CAP_FSETID"),
    (CapabilitySet::FOWNER, "CAP_FOWNER"),
    (CapabilitySet::MKNOD, "CAP_MKNOD"),
    (CapabilitySet::NET_RAW, "CAP_NET_RAW"),
    (CapabilitySet::SETGID, "CAP_SETGID"),
    (CapabilitySet::SETUID, "CAP_SETUID"),
    (CapabilitySet::SETFCAP, "CAP_SETFCAP"),
    (CapabilitySet::SETPCAP, "CAP_SETPCAP"),
    (CapabilitySet::NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE"),
    (CapabilitySet::SYS_CHROOT, "CAP_SYS_CHROOT"),
    (CapabilitySet::KILL, "CAP_KILL"),
    (CapabilitySet::AUDIT_WRITE, "CAP_AUDIT_WRITE"),
];

/// The set as bits.
pub fn default_set() -> CapabilitySet {
    DEFAULT.iter().fold(CapabilitySet::empty(), |set, (capability, _)| set | *capability)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_set_has_the_bits_that_docker_shows() {
        assert_eq!(super::default_set().bits(), 0xa804_25fb);
    }
}
