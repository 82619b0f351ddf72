//! Searches texts for many words at once, piece by piece. Pure.

use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;

/// A search for words in texts, in whatever case they are of ASCII.
pub struct WordSearch {
    /// The number of each word.
    numbers: BTreeMap<String, usize>,
    search: AhoCorasick,
    /// True at each word that was found.
    found: Vec<bool>,
    /// The number of words that were not found so far.
    missing: usize,
    /// The word that does not count in the text that is read.
    own: Option<usize>,
    /// The end of what was read last: a word may go on in the next piece.
    tail: Vec<u8>,
    /// The length of the longest word.
    longest: usize,
}

impl WordSearch {
    /// Makes a search for these words. `None` if they are too many to be looked for at once.
    pub fn of(words: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut numbers: BTreeMap<String, usize> = words.into_iter().map(|word| (word, 0)).collect();
        for (number, of_word) in numbers.values_mut().enumerate() {
            *of_word = number;
        }
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(numbers.keys()).ok()?;
        Some(Self {
            longest: numbers.keys().map(String::len).max().unwrap_or(0),
            found: vec![false; numbers.len()],
            missing: numbers.len(),
            numbers,
            search,
            own: None,
            tail: Vec::new(),
        })
    }

    /// Begins a text, in which its `own` word does not count: a file that names itself is named by nothing.
    pub fn begin(&mut self, own: Option<&str>) {
        self.own = own.and_then(|word| self.numbers.get(word)).copied();
        self.tail.clear();
    }

    /// Reads the next piece of a text. Texts may follow one another without an end.
    pub fn read(&mut self, piece: &[u8]) {
        let mut text = std::mem::take(&mut self.tail);
        text.extend_from_slice(piece);
        for hit in self.search.find_overlapping_iter(&text) {
            let number = hit.pattern().as_usize();
            if let Some(found) = self.found.get_mut(number).filter(|found| !**found && self.own != Some(number)) {
                *found = true;
                self.missing -= 1;
            }
        }
        let from = text.len().saturating_sub(self.longest);
        self.tail = text.split_off(from);
    }

    /// Returns whether a word was found. One that is not looked for was not.
    pub fn has(&self, word: &str) -> bool {
        self.numbers.get(word).and_then(|number| self.found.get(*number)).copied().unwrap_or(false)
    }

    /// Returns whether all words were found.
    pub fn is_done(&self) -> bool {
        self.missing == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_pieces_and_in_any_case_but_not_in_their_own_text() {
        let mut search = WordSearch::of(["ab12cd34", "b12c", "ef56ab78", "Xyz"].map(str::to_owned)).unwrap();
        let found = |search: &WordSearch| ["ab12cd34", "b12c", "ef56ab78", "Xyz", "other"].map(|it| search.has(it));
        search.begin(Some("ef56ab78"));
        search.read(b"//# sourceMappingURL=app.ef56ab78.js.map ab12");
        assert_eq!(found(&search), [false; 5]);
        search.read(b"cd34 XYZ");
        assert_eq!(found(&search), [true, true, false, true, false]);
        // A text ends where the next one begins.
        search.begin(None);
        search.read(b"ef56");
        search.begin(None);
        search.read(b"ab78");
        assert!(!search.is_done());
        search.read(b" ef56ab78");
        assert_eq!(found(&search), [true, true, true, true, false]);
        assert!(search.is_done());
    }

    #[test]
    fn nothing_is_looked_for_without_words() {
        let mut search = WordSearch::of([]).unwrap();
        search.read(b"text");
        assert!(search.is_done() && !search.has("text"));
    }
}
