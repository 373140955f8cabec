#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = demur_fuzz::paper(data);
});
