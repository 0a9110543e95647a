#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(extreg::model::pem::parse(data)));
