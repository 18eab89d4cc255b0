//! Development tasks, run by `cargo xtask NAME`.
//!
//! Invariant: nothing here reaches users.

pub mod dependencies;
pub mod differential;
pub mod licence;
pub mod plant;
pub mod refresh;
pub mod sam;
pub mod trial;
