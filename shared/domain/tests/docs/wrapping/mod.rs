//! Breaks the prose of a page into lines. Code spans and links stay whole.

/// The length of a line.
const WIDTH: usize = 120;

/// Returns the page, with each paragraph and each list that has too long a line broken anew. Blocks of code, tables,
/// headings and comments stay as they are.
pub fn page(text: &str) -> String {
    let (mut pages, mut block, mut is_code) = (Vec::new(), Vec::new(), false);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if is_code || is_fence || line.is_empty() {
            pages.append(&mut broken(&std::mem::take(&mut block)));
            pages.push(line.to_owned());
        } else {
            block.push(line);
        }
        is_code ^= is_fence;
    }
    pages.append(&mut broken(&block));
    pages.join("\n") + "\n"
}

/// Breaks a text into lines, each but the first with an indent.
pub fn wrapped(indent: &str, text: &str) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for part in unbroken(text) {
        let is_full = line.chars().count() + part.chars().count() + 1 > WIDTH;
        if is_full && !line.trim().is_empty() {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
        }
        if !line.trim().is_empty() {
            line.push(' ');
        }
        line.push_str(&part);
    }
    lines.push(line);
    lines.join("\n")
}

/// Returns the lines of one block: a paragraph, a list, or what stays as it is.
fn broken(block: &[&str]) -> Vec<String> {
    let is_long = block.iter().any(|line| line.chars().count() > WIDTH);
    let stays = |line: &&str| line.starts_with([' ', '|', '#', '<']);
    if !is_long || block.first().is_some_and(stays) {
        return block.iter().map(|&line| line.to_owned()).collect();
    }
    let mut items: Vec<String> = Vec::new();
    for line in block {
        match items.last_mut() {
            Some(item) if marker(line) == 0 => *item = format!("{item} {line}"),
            _ => items.push((*line).to_owned()),
        }
    }
    let items = items.iter();
    items.map(|item| wrapped(&" ".repeat(marker(item)), item)).collect()
}

/// Returns the length of the mark with which an item of a list begins, and of the space behind it.
fn marker(line: &str) -> usize {
    let word = line.split(' ').next().unwrap_or_default();
    if begins_item(word) { word.len() + 1 } else { 0 }
}

fn begins_item(word: &str) -> bool {
    let is_number = word
        .strip_suffix(['.', ')'])
        .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit()));
    is_number || ["-", "*", "+"].contains(&word)
}

/// Returns the parts between which a line may end: words, code spans and links. A word that would begin an item of a
/// list at the beginning of a line belongs to the part before it.
fn unbroken(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut is_open = false;
    for word in text.split_whitespace() {
        match parts.last_mut() {
            Some(part) if is_open || begins_item(word) => *part = format!("{part} {word}"),
            _ => parts.push(word.to_owned()),
        }
        is_open = parts.last().is_some_and(|part| is_within(part));
    }
    parts
}

/// Returns whether a text ends within a code span or within the words of a link.
fn is_within(text: &str) -> bool {
    let (mut is_code, mut open) = (false, 0);
    for letter in text.chars() {
        match letter {
            '`' => is_code = !is_code,
            '[' if !is_code => open += 1,
            ']' if !is_code => open -= 1,
            _ => {}
        }
    }
    is_code || open > 0
}

#[test]
fn prose_is_broken_and_code_is_not() {
    let word = "word ".repeat(23);
    let span = "`windlass status shop prod`";
    let link = "[how it stands](API.md#how)";
    for part in [span, link] {
        assert_eq!(page(&format!("{word}{part}, it\nsays.\n")), format!("{}\n{part}, it says.\n", word.trim_end()));
        let code = format!("```sh\n{word}{part} {word}\n```\n");
        assert_eq!(page(&code), code);
    }
    assert_eq!(
        page(&format!("- one\n- {word}{span}\n2. three\n")),
        format!("- one\n- {}\n  {span}\n2. three\n", word.trim_end())
    );
    assert_eq!(page(&format!("{word}word - it\n")), format!("{}\nword - it\n", word.trim_end()));
    let short = "What\nis short stays.\n";
    assert_eq!(page(short), short);
}
