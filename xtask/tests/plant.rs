//! The faults of `cargo xtask plant` can be planted in today's source.

use std::path::Path;

use xtask::plant::FAULTS;

#[test]
fn each_fault_has_one_place_and_changes_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for fault in FAULTS {
        let text = std::fs::read_to_string(root.join(fault.file)).unwrap();
        let planted = fault.plant(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_ne!(planted, text, "{}", fault.name);
        assert_eq!(FAULTS.iter().filter(|other| other.name == fault.name).count(), 1, "{} twice", fault.name);
    }
}
