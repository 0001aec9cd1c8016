//! Parts of /proc and /sys that tell of the machine or change it. The lists are moby's.

use std::fs;
use std::path::Path;

/// What lies under a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    Directory,
    File,
}

const HIDDEN: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];

/// Paths that stay readable, but for reading alone.
const READ_ONLY: [&str; 5] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/// The paths to hide that this kernel has.
pub fn hidden() -> Vec<(String, Mask)> {
    let kind = |path: &str| {
        let mask = if fs::metadata(path).ok()?.is_dir() { Mask::Directory } else { Mask::File };
        Some((path.to_owned(), mask))
    };
    let throttles = processors().map(|cpu| format!("/sys/devices/system/cpu/{cpu}/thermal_throttle"));
    HIDDEN.map(str::to_owned).into_iter().chain(throttles).filter_map(|path| kind(&path)).collect()
}

/// The paths to make read-only that this kernel has.
pub fn read_only() -> Vec<String> {
    READ_ONLY.into_iter().filter(|path| Path::new(path).exists()).map(str::to_owned).collect()
}

fn processors() -> impl Iterator<Item = String> {
    fs::read_dir("/sys/devices/system/cpu").into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let number = name.strip_prefix("cpu")?;
        (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
    })
}
