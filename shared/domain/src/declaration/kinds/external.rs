//! The kind `external`: something that a Lambda function of the user's looks at and changes.

mod request;

pub use request::{Act, Deed, Observe, ReleaseBytes, State, Subject, VERSION};
