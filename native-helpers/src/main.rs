//! The program; all of it is in the library, so that fuzzers can reach it, too.

use std::process::ExitCode;

fn main() -> ExitCode {
    oci_build_helper::main()
}
