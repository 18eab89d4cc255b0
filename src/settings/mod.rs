//! What users said before: the configuration, parameter files, the environment that is deployed to.
//!
//! Invariant: texts come in, plain types of the rooms above go out, and what is not understood is an
//! error with its position. No file is opened here.

mod baseline;
mod beside;
mod config;
mod environment;
mod fault;
mod keys;
mod lint;
mod parameters;
mod renamed;
mod rules;
pub mod suppress;
mod table;

pub use baseline::{BASELINE, Baseline, Known};
pub use beside::{Beside, beside, is_amplify, stem};
pub use config::Settings;
pub use environment::Environment;
pub use fault::Fault;
pub use keys::{commented, schema};
pub use lint::{Entry, FailOn, Glob, Lint};
pub use parameters::{Parameters, read_parameters};
pub use rules::rules_of;

/// Name of the configuration.
pub const FILE: &str = "rolecall.toml";

/// Largest configuration or parameter file that is read, in bytes.
pub const MOST_BYTES: usize = 1 << 20;
