#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    oci_build_helper::fuzz::apply(data);
});
