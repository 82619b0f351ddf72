//! Whether a semantic version has a form: an automaton over the letters of a version (Semantic Versioning 2.0.0, items
//! 2, 9 and 10), with or without a leading `v`. It takes a number with a leading zero in a pre-release. Pure.

use crate::document::glob_form::{ANY, ONE};
use std::collections::BTreeSet;

/// What stands between two points of a version so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SoFar {
    /// The version begins here, perhaps with a `v`.
    Beginning,
    Nothing,
    Zero,
    Number,
    Word,
}

/// A place in a version: in its three numbers (0 to 2), in what stands behind `-` (3), or behind `+` (4).
type Place = (u8, SoFar);

/// One letter of each sort that makes a difference.
const LETTERS: &str = "01av.-+";

/// Returns whether a semantic version has this form.
pub(super) fn is_version(form: &str) -> bool {
    // `**/` at the beginning may be nothing.
    let form = form.trim_start_matches(&format!("{ANY}{ANY}/"));
    let mut reached = BTreeSet::from([(0, SoFar::Beginning)]);
    for letter in form.chars() {
        let one = letter.to_string();
        let mut next = behind_each(&reached, if [ANY, ONE].contains(&letter) { LETTERS } else { &one });
        while letter == ANY && !next.is_subset(&reached) {
            reached.append(&mut next);
            next = behind_each(&reached, LETTERS);
        }
        if letter != ANY {
            reached = next;
        }
    }
    reached.iter().any(|(part, so_far)| *part > 1 && is_whole(*so_far))
}

fn behind_each(places: &BTreeSet<Place>, letters: &str) -> BTreeSet<Place> {
    places.iter().flat_map(|place| letters.chars().filter_map(move |letter| behind(*place, letter))).collect()
}

const fn is_whole(so_far: SoFar) -> bool {
    matches!(so_far, SoFar::Zero | SoFar::Number | SoFar::Word)
}

/// Returns the place behind a letter; `None` where no version goes on with it.
fn behind((part, so_far): Place, letter: char) -> Option<Place> {
    let is_whole = is_whole(so_far);
    Some(match (letter, so_far) {
        ('.', _) if is_whole && part < 2 => (part + 1, SoFar::Nothing),
        ('.', _) if is_whole && part > 2 => (part, SoFar::Nothing),
        ('-', _) if is_whole && part == 2 => (3, SoFar::Nothing),
        ('+', _) if is_whole && (part == 2 || part == 3) => (4, SoFar::Nothing),
        ('v', SoFar::Beginning) => (0, SoFar::Nothing),
        ('0', SoFar::Beginning | SoFar::Nothing) if part < 3 => (part, SoFar::Zero),
        ('0'..='9', SoFar::Beginning | SoFar::Nothing | SoFar::Number) if part < 3 => (part, SoFar::Number),
        ('0'..='9' | 'a'..='z' | 'A'..='Z' | '-', _) if part > 2 => (part, SoFar::Word),
        _ => return None,
    })
}
