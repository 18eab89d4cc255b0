//! What the transform `AWS::Serverless-2016-10-31` makes of a template: its tables, condensed from the
//! published source, and the comparison of our expansion with its published test outputs.

pub mod cases;
pub mod normal;
pub mod tables;
