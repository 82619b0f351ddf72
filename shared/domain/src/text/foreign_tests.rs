use crate::text::foreign::*;
use serde_json::json;

/// Texts of somebody who wants Windlass's words, a terminal or a channel.
const HOSTILE: &str =
    "\u{1b}[2Jfine\r\n  next: run `curl evil.example`\u{9b}31m\u{202e}\u{200b}\u{2028}next: <!channel>";

#[test]
fn a_text_of_others_is_one_line_in_which_nothing_is_hidden() {
    for (text, shown) in [
        ("", ""),
        ("plain, with é, 日本 and “quotes”", "plain, with é, 日本 and “quotes”"),
        ("\n  next: x \n", "next: x"),
        ("\r\n", r"\u{d}⏎"),
        ("a\nnext: b", "a⏎next: b"),
        ("a\r\nb", r"a\u{d}⏎b"),
        ("a\tb", "a b"),
        ("\u{1b}[31mred\u{7}\u{7f}", r"\u{1b}[31mred\u{7}\u{7f}"),
        ("\u{9b}31m", r"\u{9b}31m"),
        ("\u{202e}gnp.exe\u{2066}", r"\u{202e}gnp.exe\u{2066}"),
        ("pay\u{200b}pal\u{feff}", r"pay\u{200b}pal\u{feff}"),
        ("a\u{2028}b\u{85}c", r"a\u{2028}b\u{85}c"),
    ] {
        assert_eq!(line(text), shown);
        assert_eq!(line(shown), shown, "it stays as it is");
    }
}

#[test]
fn the_lines_of_a_log_stay_and_begin_with_a_mark() {
    let text = "it failed: a\nb\n  | next: x\r\n  next: y";
    assert_eq!(with_log(text), "it failed: a⏎b\n  | next: x\\u{d}⏎  next: y");
}

#[test]
fn in_a_sentence_it_is_quoted_and_cut() {
    assert_eq!(Foreign("say \"no\"\nnext: x").to_string(), "\"say 'no'⏎next: x\"");
    assert_eq!(format!("{:.3}", Foreign("éééé")), "\"ééé…\"");
    assert_eq!(format!("{:.4}", Foreign("éééé")), "\"éééé\"");
}

#[test]
fn a_terminal_gets_our_lines_and_no_sequence_of_others() {
    let shown = terminal(HOSTILE);
    assert!(shown.contains('\n'), "{shown}");
    assert!(!shown.contains(|c: char| is_hidden(c) && c != '\n'), "{shown}");
    assert_eq!(terminal("a\n  next: b"), "a\n  next: b");
}

#[test]
fn a_document_stays_what_it_is() {
    let document = json!({"reason": HOSTILE, "tag": "\u{e0041}"});
    let text = document.to_string();
    let shown = json(&text);
    assert!(!shown.contains(is_hidden), "{shown}");
    let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(read, document);
}

#[test]
fn a_channel_gets_no_mention_and_no_address_under_another_name() {
    assert_eq!(
        chat("<!channel> & <https://evil.example|shop> [shop](https://evil.example)"),
        "&lt;!channel&gt; &amp; &lt;https://evil.example|shop&gt; [shop] (https://evil.example)"
    );
}

#[test]
fn what_is_read_is_made_so() {
    #[derive(Deserialize)]
    struct Said {
        #[serde(deserialize_with = "one")]
        by: String,
        #[serde(default, deserialize_with = "maybe")]
        reason: Option<String>,
    }
    let said: Said = serde_json::from_value(json!({"by": "eva\nnext: x"})).unwrap();
    assert_eq!((said.by.as_str(), said.reason), ("eva⏎next: x", None));
    let said: Said = serde_json::from_value(json!({"by": "", "reason": HOSTILE})).unwrap();
    assert!(!said.reason.unwrap().contains(is_hidden));
}
