use super::declaration_in_force;
use crate::ports::{DynamoDbApi, Result};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::finding::Finding;
use windlass_domain::name::AppName;

/// The number of declarations that are kept. A function that stays warm serves few applications at a time, and a text
/// has at most 256 KiB.
const KEPT: usize = 4;

thread_local! {
    static READ: RefCell<VecDeque<(Declared, Arc<Declaration>)>> = RefCell::default();
}

/// Reads a declaration of the ledger, once for all invocations of a warm function: it is read in nearly every state of
/// a deployment, and reading YAML takes longer than the rest of a decision. The same item always reads the same, so
/// nothing can become stale.
///
/// # Errors See [`Declared::read`].
pub fn read_declaration(declared: &Declared) -> Result<Arc<Declaration>, Vec<Finding>> {
    let known = READ.with_borrow(|read| {
        let same = read.iter().find(|(known, _)| known == declared);
        same.map(|(_, declaration)| Arc::clone(declaration))
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let declaration = Arc::new(declared.read()?);
    READ.with_borrow_mut(|read| {
        read.truncate(KEPT - 1);
        read.push_front((declared.clone(), Arc::clone(&declaration)));
    });
    Ok(declaration)
}

/// Returns whether an application has a declaration in force. The refusals and untaken arrivals of any other
/// application are listed with those that name no application.
///
/// # Errors The ledger's.
pub async fn is_declared(ledger: &impl DynamoDbApi, app: &AppName) -> Result<bool> {
    Ok(ledger.get(&declaration_in_force(app)).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::time::Time;

    fn declared(version: u64) -> Declared {
        let text = format!(
            "{{app: shop, version: 1.0.{version}, environments: {{prod: {{}}}}, \
             components: {{web: {{kind: static_site, bucket: shop-web}}}}}}"
        );
        let declaration = Declaration::parse(&text).unwrap();
        Declared::new(&declaration, text, Time(version), None)
    }

    #[test]
    fn each_item_reads_as_itself_also_when_many_are_read() {
        for version in (0..10).chain(0..10) {
            let declared = declared(version);
            let read = read_declaration(&declared).unwrap();
            assert_eq!(*read, declared.read().unwrap());
        }
        assert_eq!(READ.with_borrow(VecDeque::len), KEPT);
    }

    #[test]
    fn a_text_that_was_changed_under_its_digest_is_read_anew() {
        let first = declared(1);
        read_declaration(&first).unwrap();
        let broken = Declared { text: "app: [".into(), ..first };
        assert!(read_declaration(&broken).is_err());
    }
}
