//! How large a layer or another archive may become: a small file that unpacks to an endless one must not fill the disk.

use crate::failure::Failure;
use crate::protocol::messages::LayerLimits;

/// A ratio proves nothing before this many bytes: a file of zeros is no attack.
const FREE: u64 = 1 << 30;

/// Checks what has been decompressed so far, `unpacked` bytes out of `packed`.
pub fn check_growth(limits: &LayerLimits, packed: u64, unpacked: u64) -> Result<(), Failure> {
    check_size(limits, unpacked)?;
    if unpacked <= FREE || unpacked / limits.ratio.max(1) <= packed {
        return Ok(());
    }
    let message = format!("the layer unpacks to more than {} times its size", limits.ratio);
    let hint = "if you trust the layer, set OCI_BUILD_MAX_LAYER_RATIO to a higher number";
    Err(Failure::new("layer-too-dense", message).with_hint(hint))
}

/// Checks how many bytes a layer has; the holes of sparse files count, since whoever reads them gets their zeros.
pub fn check_size(limits: &LayerLimits, unpacked: u64) -> Result<(), Failure> {
    if unpacked <= limits.size {
        return Ok(());
    }
    let message = format!("the layer unpacks to more than {} bytes", limits.size);
    let hint = "if you trust the layer, set OCI_BUILD_MAX_LAYER_SIZE to a higher number of bytes";
    Err(Failure::new("layer-too-large", message).with_hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_counts_once_a_layer_is_large() {
        let limits = LayerLimits { size: 8 << 30, ratio: 100 };
        for (packed, unpacked, code) in [
            (0, FREE, None),
            (1, FREE + 1, Some("layer-too-dense")),
            (FREE / 100, FREE + 1, None),
            (1 << 30, 8 << 30, None),
            (8 << 30, (8 << 30) + 1, Some("layer-too-large")),
            (u64::MAX, u64::MAX, Some("layer-too-large")),
        ] {
            let found = check_growth(&limits, packed, unpacked).err().map(|failure| failure.code);
            assert_eq!(found, code, "{packed} {unpacked}");
        }
    }
}
