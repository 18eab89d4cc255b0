//! rolecall: who can become which AWS role, and should they?
//!
//! The rooms of this house and what may enter them are described in ARCHITECTURE.md.

pub mod checks;
pub mod cli;
pub mod edit;
pub mod finding;
pub mod identity;
pub mod policy;
pub mod report;
pub mod resolve;
pub mod run;
pub mod settings;
pub mod source;
pub mod syntax;
pub mod template;
pub mod value;
