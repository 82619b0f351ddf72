//! Pure: what must be written and deleted to bring a site in place from what is to a goal.

use super::files::{File, Goal, Object, Objects, Want};
use super::rules::{Role, Rules};
use crate::ports::Replaces;
use std::collections::BTreeSet;

/// What to do at one path.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// The path within the site.
    pub path: String,
    /// What to do.
    pub what: What,
    /// What must be there for it to be done.
    pub replaces: Replaces,
    /// Whether visitors cannot notice it yet: a new key that no document of before names.
    pub additive: bool,
    /// Its place in the order: everything of a lower stage is done before.
    pub stage: u8,
}

/// What to do with a key.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Write this file of the release.
    Put(File),
    /// Copy this recorded version over it.
    Restore(Object),
    /// Delete it.
    Delete,
}

/// The way from what is to a goal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Way {
    /// What to do, in order.
    pub ops: Vec<Op>,
    /// Paths whose content is neither what was there before nor what this deployment wrote.
    pub strange: Vec<String>,
}

/// What is known of a site when a way is planned.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What is at each key now.
    pub is: &'a Objects,
    /// What was there before the deployment.
    pub before: &'a Goal,
    /// Where the deployment goes.
    pub forward: &'a Goal,
    /// The rules of the site.
    pub rules: &'a Rules,
}

/// The direction of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the deployment's goal: documents last, then what is not needed any more.
    Forward,
    /// To the state before: documents first.
    Back,
}

/// Plans the way in a direction.
pub fn plan(known: Known<'_>, direction: Direction) -> Way {
    let goal = match direction {
        Direction::Forward => known.forward,
        Direction::Back => known.before,
    };
    let paths: BTreeSet<&String> = known.before.paths().chain(known.forward.paths()).collect();
    let mut way = Way::default();
    for path in paths {
        if is_in_scope(&known, path) {
            step(&known, goal, path, &mut way);
        }
    }
    for op in &mut way.ops {
        op.stage = stage(known.rules, direction, op);
    }
    way.ops
        .sort_by(|a, b| (a.stage, &a.path).cmp(&(b.stage, &b.path)));
    way
}

/// Whether this deployment has anything to do with a path: somebody else's objects are left alone.
pub fn is_in_scope(known: &Known<'_>, path: &str) -> bool {
    known.before.owns(path) || known.forward.owns(path)
}

/// Whether visitors notice a change at this path: something was there before, or a document is new.
pub fn is_noticed(known: &Known<'_>, path: &str) -> bool {
    known.before.want(path).is_some() || known.rules.role(path) == Role::Document
}

fn step(known: &Known<'_>, goal: &Goal, path: &str, way: &mut Way) {
    let what = match (known.is.get(path), goal.want(path)) {
        (None, None) => return,
        (Some(is), Some(want)) if fits(is, want) => return,
        (Some(_), None) if known.rules.role(path) == Role::Hashed => return,
        (_, Some(want)) => write(want),
        (Some(_), None) => Some(What::Delete),
    };
    let known_content = known
        .is
        .get(path)
        .is_none_or(|is| is_known(known, path, is));
    match what {
        Some(what) if known_content => way.ops.push(Op {
            path: path.to_owned(),
            additive: what != What::Delete && !is_noticed(known, path),
            what,
            replaces: match known.is.get(path) {
                Some(is) => Replaces::ETag(is.etag.clone()),
                None => Replaces::Nothing,
            },
            stage: 0,
        }),
        _ => way.strange.push(path.to_owned()),
    }
}

/// How to bring what is wanted: nothing can where neither bytes nor a version are known.
fn write(want: Want<'_>) -> Option<What> {
    match (want.object, want.file) {
        (Some(object), _) => Some(What::Restore(object.clone())),
        (None, Some(file)) => Some(What::Put(file.clone())),
        (None, None) => None,
    }
}

/// Whether what is there is what is wanted: the same recorded object, or the same content.
fn fits(is: &Object, want: Want<'_>) -> bool {
    let same_object = want.object.is_some_and(|object| object.etag == is.etag);
    let same_content = is.file.is_some() && is.file.as_ref() == want.file;
    same_object || same_content
}

/// Whether what is there was there before or comes from this deployment: nothing else is ever
/// overwritten.
fn is_known(known: &Known<'_>, path: &str, is: &Object) -> bool {
    [known.before, known.forward]
        .into_iter()
        .filter_map(|goal| goal.want(path))
        .any(|want| fits(is, want))
}

fn stage(rules: &Rules, direction: Direction, op: &Op) -> u8 {
    let document = rules.role(&op.path) == Role::Document;
    match (&op.what, direction, document) {
        (What::Delete, ..) => 4,
        _ if op.additive => 0,
        (_, Direction::Back, true) => 1,
        (_, _, false) => 2,
        (_, Direction::Forward, true) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_domain::declaration::resolved::{SiteMode, StaticSite};
    use windlass_domain::digest::Digest;

    fn rules() -> Rules {
        Rules::new(&StaticSite {
            bucket: "shop-web".into(),
            prefix: String::new(),
            mode: SiteMode::InPlace,
            distribution: None,
            origin: None,
            url: None,
            cache: vec![],
            hashed: vec!["h/**".into()],
            config: None,
        })
        .unwrap()
    }

    fn file(text: &str) -> File {
        File {
            sha256: Digest::of(text.as_bytes()),
            bytes: 1,
            content_type: "x".into(),
            cache_control: "y".into(),
        }
    }

    /// Ours with this text, or foreign where the text begins with `?`.
    fn object(text: &str) -> Object {
        let ours = !text.starts_with('?');
        Object {
            etag: format!("\"{text}\""),
            bytes: 1,
            version_id: Some(format!("v-{text}")),
            file: ours.then(|| file(text)),
            ours,
        }
    }

    fn objects(list: &[(&str, &str)]) -> Objects {
        list.iter()
            .map(|(path, text)| ((*path).to_owned(), object(text)))
            .collect()
    }

    fn way(
        direction: Direction,
        before: &[(&str, &str)],
        release: &[(&str, &str)],
        is: &[(&str, &str)],
    ) -> Vec<String> {
        let files = release
            .iter()
            .map(|(path, text)| ((*path).to_owned(), file(text)))
            .collect();
        let rules = rules();
        let known = Known {
            is: &objects(is),
            before: &Goal::Recorded(objects(before)),
            forward: &Goal::Release(files),
            rules: &rules,
        };
        let way = plan(known, direction);
        let ops = way.ops.iter().map(|op| {
            let what = match &op.what {
                What::Put(_) => "put",
                What::Restore(_) => "restore",
                What::Delete => "delete",
            };
            let over = match &op.replaces {
                Replaces::Anything => "anything",
                Replaces::Nothing => "nothing",
                Replaces::ETag(etag) => etag.trim_matches('"'),
            };
            let class = if op.additive { "additive " } else { "" };
            format!("{class}{what} {} over {over}", op.path)
        });
        let strange = way.strange.iter().map(|path| format!("strange {path}"));
        ops.chain(strange).collect()
    }

    const BEFORE: &[(&str, &str)] = &[
        ("index.html", "1"),
        ("about.html", "1"),
        ("logo.png", "1"),
        ("h/a.js", "1"),
        ("gone.png", "1"),
        ("uploads/x", "?u"),
    ];
    const RELEASE: &[(&str, &str)] = &[
        ("index.html", "2"),
        ("about.html", "1"),
        ("logo.png", "2"),
        ("new.html", "2"),
        ("new.png", "2"),
        ("h/b.js", "2"),
    ];

    #[test]
    fn forward_writes_documents_last_and_then_deletes() {
        assert_eq!(
            way(Direction::Forward, BEFORE, RELEASE, BEFORE),
            [
                "additive put h/b.js over nothing",
                "additive put new.png over nothing",
                "put logo.png over 1",
                "put index.html over 1",
                "put new.html over nothing",
                "delete gone.png over 1",
            ]
        );
    }

    #[test]
    fn forward_goes_on_where_it_was_stopped() {
        let is = &[
            ("index.html", "1"),
            ("about.html", "1"),
            ("logo.png", "2"),
            ("h/a.js", "1"),
            ("h/b.js", "2"),
            ("gone.png", "1"),
        ];
        assert_eq!(
            way(Direction::Forward, BEFORE, RELEASE, is),
            [
                "additive put new.png over nothing",
                "put index.html over 1",
                "put new.html over nothing",
                "delete gone.png over 1",
            ]
        );
    }

    #[test]
    fn back_restores_documents_first_and_keeps_hashed_assets() {
        let is = &[
            ("index.html", "2"),
            ("about.html", "1"),
            ("logo.png", "2"),
            ("new.html", "2"),
            ("new.png", "2"),
            ("h/a.js", "1"),
            ("h/b.js", "2"),
            ("uploads/x", "?other"),
        ];
        assert_eq!(
            way(Direction::Back, BEFORE, RELEASE, is),
            [
                "restore index.html over 2",
                "restore gone.png over nothing",
                "restore logo.png over 2",
                "delete new.html over 2",
                "delete new.png over 2",
            ]
        );
    }

    #[test]
    fn nothing_is_planned_where_the_goal_is_reached() {
        let reached = &[
            ("index.html", "2"),
            ("about.html", "1"),
            ("logo.png", "2"),
            ("new.html", "2"),
            ("new.png", "2"),
            ("h/a.js", "1"),
            ("h/b.js", "2"),
            ("uploads/x", "?u"),
        ];
        assert_eq!(way(Direction::Forward, BEFORE, RELEASE, reached), [""; 0]);
        assert_eq!(way(Direction::Back, BEFORE, RELEASE, BEFORE), [""; 0]);
    }

    #[test]
    fn what_a_stranger_wrote_is_not_overwritten() {
        let is = &[
            ("index.html", "?s"),
            ("about.html", "1"),
            ("new.html", "?s"),
        ];
        let before = &BEFORE[..2];
        let release = &[("index.html", "2"), ("about.html", "1"), ("new.html", "2")];
        let strange = ["strange index.html", "strange new.html"];
        assert_eq!(way(Direction::Forward, before, release, is), strange);
        assert_eq!(way(Direction::Back, before, release, is), strange);
    }

    #[test]
    fn a_first_deployment_overwrites_what_is_found_but_deletes_nothing() {
        let found = &[("index.html", "?1"), ("old.html", "?1")];
        let release = &[("index.html", "2")];
        assert_eq!(
            way(Direction::Forward, found, release, found),
            ["put index.html over ?1"]
        );
        let is = &[("index.html", "2"), ("old.html", "?1")];
        assert_eq!(
            way(Direction::Back, found, release, is),
            ["restore index.html over 2"]
        );
    }
}
