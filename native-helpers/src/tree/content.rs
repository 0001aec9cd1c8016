//! Copies the bytes of one file to another.

use std::os::fd::BorrowedFd;

use rustix::fs::copy_file_range;
use rustix::io::Errno;

/// Below this a read and a write are cheaper than asking the kernel to copy.
const SMALL: u64 = 64 * 1024;
const BUFFER: usize = 256 * 1024;

/// Copies `source` from where it stands to its end, and answers how many bytes that were. `size` is what they should be.
///
/// The kernel copies what it can by itself, sharing blocks where the file system knows how (it needs both files on one
/// file system); whatever it leaves is read and written.
pub fn copy(source: BorrowedFd<'_>, target: BorrowedFd<'_>, size: u64) -> Result<u64, Errno> {
    let mut total = 0;
    if size > SMALL {
        while let Ok(count @ 1..) = copy_file_range(source, None, target, None, BUFFER * 4096) {
            total += count as u64;
        }
        if total == size {
            return Ok(total);
        }
    }
    let left = usize::try_from(size - total.min(size)).unwrap_or(usize::MAX);
    // One byte more than expected: a read that does not fill it has seen the end.
    let mut buffer = vec![0; left.saturating_add(1).clamp(1024, BUFFER)];
    loop {
        let count = match rustix::io::read(source, &mut buffer) {
            Err(Errno::INTR) => continue,
            result => result?,
        };
        write_all(target, buffer.get(..count).unwrap_or_default())?;
        total += count as u64;
        if count == 0 || (count < buffer.len() && total >= size) {
            return Ok(total);
        }
    }
}

fn write_all(target: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(target, bytes) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
