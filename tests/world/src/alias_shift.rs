//! The shift of an alias of a Lambda function in memory to other versions.

use crate::live_function::{LiveFunction, conflict, not_found, refused};
use windlass_engine::ports::{Alias, Result};

impl LiveFunction {
    pub(crate) fn alias(&self, name: &str) -> Result<Alias> {
        let alias = self.aliases.get(name).ok_or_else(|| not_found(&format!("{}:{name}", self.name)))?;
        Ok(Alias {
            version: alias.version.clone(),
            weights: alias.shown(),
            revision_id: format!("a{}", alias.revision),
        })
    }

    pub(crate) fn shift(
        &mut self,
        name: &str,
        version: &str,
        weights: &[(String, String)],
        revision_id: &str,
    ) -> Result<Alias> {
        if self.alias(name)?.revision_id != revision_id {
            return Err(conflict("the alias's RevisionId is not the present one"));
        }
        self.check_routing(version, weights)?;
        if let Some(alias) = self.aliases.get_mut(name) {
            if alias.provisioned.is_some() && weights.iter().any(|(_, weight)| weight.parse() == Ok(1.0)) {
                return Err(refused("Invalid alias configuration for Provisioned Concurrency"));
            }
            alias.point(version, weights.to_vec());
        }
        self.alias(name)
    }

    /// Both versions must be published, differ, and be ready (AWS Lambda Developer Guide,
    /// "Implement Lambda canary deployments using a weighted alias").
    fn check_routing(&self, version: &str, weights: &[(String, String)]) -> Result<()> {
        self.read(Some(version))?;
        for (other, weight) in weights {
            let share: f64 = weight.parse().map_err(|_| refused("a weight is no number"))?;
            let found = self.read(Some(other))?;
            let bad = other == version || version == "$LATEST" || other == "$LATEST";
            if bad || !(0.0..=1.0).contains(&share) || found.state == "Pending" {
                return Err(refused("this version cannot get a share"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live_alias::Provisioned;
    use crate::package::Package;
    use windlass_domain::text::fault::FaultName;

    fn function() -> LiveFunction {
        let mut function = LiveFunction::new("f", Package::Zip("a".into()));
        function.publish_as("live", "first");
        function
    }

    fn name<T>(answer: &Result<T>) -> Option<FaultName> {
        answer.as_ref().err().map(|fault| fault.name)
    }

    #[test]
    fn an_alias_is_shifted_only_upon_its_present_revision_to_versions_that_exist() {
        let mut function = function();
        function.configure("second");
        function.publish_as("other", "second");
        let share = |version: &str| vec![(version.to_owned(), "0.1".to_owned())];
        let revision = function.alias("live").unwrap().revision_id;
        let same = function.shift("live", "1", &share("1"), &revision);
        assert_eq!(name(&same), Some(FaultName::Refused));
        let missing = function.shift("live", "1", &share("9"), &revision);
        assert_eq!(name(&missing), Some(FaultName::NotFound));
        function.shift("live", "1", &share("2"), &revision).unwrap();
        let stale = function.shift("live", "2", &[], &revision);
        assert_eq!(name(&stale), Some(FaultName::Conflict));
        assert_eq!(function.alias("live").unwrap().weights, share("2"));
    }

    #[test]
    fn provisioned_concurrency_moves_with_the_alias() {
        let mut function = function();
        function.configure("second");
        function.publish_as("other", "second");
        let provisioned = Provisioned { requested: 2, available: 2, fails: false };
        function.aliases.get_mut("live").unwrap().provisioned = Some(provisioned);
        let revision = function.alias("live").unwrap().revision_id;
        function.shift("live", "2", &[], &revision).unwrap();
        let available = |function: &LiveFunction| function.aliases["live"].provisioned.unwrap().available;
        assert_eq!(available(&function), 0);
        let kept = vec![("1".to_owned(), "1.0".to_owned())];
        let shown = function.alias("live").unwrap();
        assert_eq!((shown.version.as_str(), &shown.weights), ("2", &kept));
        assert_eq!(function.aliases["live"].serves(), "1");
        assert_eq!(name(&function.shift("live", "2", &kept, &shown.revision_id)), Some(FaultName::Refused));
        function.tick();
        function.tick();
        function.tick();
        assert_eq!(available(&function), 2);
        assert_eq!(function.alias("live").unwrap().weights, []);
        assert_eq!(function.aliases["live"].serves(), "2");
    }
}
