//! Deleting objects in memory: markers where a bucket keeps versions.

use crate::World;
use crate::bucket::Version;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{Replaces, Result};

impl World {
    pub(crate) fn object_delete(&self, bucket: &str, key: &str, replaces: &Replaces) -> Result<()> {
        let mut state = self.s3();
        let versioned = {
            let known = state.known(bucket)?;
            known.check(key, replaces)?;
            known.versioned
        };
        let marker = Version { marker: true, ..Version::default() };
        state.add(bucket, key, marker);
        if !versioned && let Some(bucket) = state.buckets.get_mut(bucket) {
            bucket.keys.remove(key);
        }
        Ok(())
    }

    pub(crate) fn object_delete_all(&self, bucket: &str, keys: &[String]) -> Result<()> {
        if keys.len() > 1000 {
            let text = format!("S3 400 MalformedXML: {} keys", keys.len());
            return Err(Fault::new(FaultName::Refused, text));
        }
        for key in keys {
            self.object_delete(bucket, key, &Replaces::Anything)?;
        }
        Ok(())
    }
}
