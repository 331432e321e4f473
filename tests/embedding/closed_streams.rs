//! The standard streams are the application's, also when it has closed them: no file of the library gets their numbers.

#![cfg(all(feature = "capi", target_os = "linux"))]

use personr_testkit::c_program::{Program, source};
use personr_testkit::suite::scenarios::records_stay_whole_without_standard_streams;

#[test]
fn what_the_application_prints_is_in_no_record() {
    records_stay_whole_without_standard_streams(&Program::compiled(&source("tests/c/closed_streams.c")));
}
