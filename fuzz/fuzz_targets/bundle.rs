#![cfg_attr(fuzzing, no_main)]
#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| demur_fuzz::bundle(data));
#[cfg(not(fuzzing))]
fn main() {
    demur_fuzz::run_files(demur_fuzz::bundle);
}
