//! Both CloudFormation and IAM: who may become what.

/// Who may become what in one stack set.
#[derive(Debug, Default)]
pub struct Graph {}
