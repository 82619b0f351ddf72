//! The client by which objects are written, and how often and for how long it sends a call.

use crate::{Aws, limits};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use std::time::Duration;

/// The writer of objects.
pub(super) struct Writer<'a> {
    /// The client; for targets the one that writes many objects.
    pub(super) s3: &'a Client,
    once: Option<Duration>,
}

impl<'a> Writer<'a> {
    /// Returns the writer of these ports.
    pub(super) fn of(aws: &'a Aws) -> Self {
        let s3 = if aws.on_targets { aws.clients.s3_in_bulk() } else { aws.clients.s3() };
        Self { s3, once: aws.once }
    }

    /// Returns the settings that differ from the client's own for one call.
    pub(super) fn config(&self) -> Builder {
        match self.once {
            None => Builder::new(),
            Some(limit) => {
                Builder::new().retry_config(limits::one_attempt()).timeout_config(limits::switching_within(limit))
            }
        }
    }
}
