#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| personr_fuzz::request::run(data));
