//! Writes JSON values as YAML, the way kubectl's output looks: block style, two spaces, lists not indented.
//!
//! Writes only; nothing in this crate reads YAML but kubeconfigs, which kube reads.

use serde_json::Value;

/// The value as a YAML document, ending in a newline.
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => block(&mut text, value, 0),
        Value::Array(list) if !list.is_empty() => block(&mut text, value, 0),
        scalar => {
            text.push_str(&inline(scalar));
            text.push('\n');
        }
    }
    text
}

/// Writes the lines of a map or list that is not empty.
fn block(text: &mut String, value: &Value, indent: usize) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) => {
            for (key, entry) in map {
                text.push_str(&pad);
                text.push_str(&scalar(key));
                text.push(':');
                // A list stands under its key without being indented, as kubectl prints it.
                let deeper = if entry.is_array() { indent } else { indent + 2 };
                entry_after(text, entry, deeper);
            }
        }
        Value::Array(list) => {
            for entry in list {
                text.push_str(&pad);
                text.push('-');
                if is_block(entry) {
                    // The first line of the entry stands behind the dash.
                    let mut lines = String::new();
                    block(&mut lines, entry, indent + 2);
                    text.push(' ');
                    text.push_str(&lines[indent + 2..]);
                } else {
                    entry_after(text, entry, indent + 2);
                }
            }
        }
        _ => {}
    }
}

fn entry_after(text: &mut String, entry: &Value, indent: usize) {
    if is_block(entry) {
        text.push('\n');
        block(text, entry, indent);
    } else if let Some(lines) = entry.as_str().and_then(literal) {
        text.push_str(if lines.ends_with('\n') {
            " |\n"
        } else {
            " |-\n"
        });
        for line in lines.lines() {
            if !line.is_empty() {
                text.push_str(&" ".repeat(indent));
                text.push_str(line);
            }
            text.push('\n');
        }
    } else {
        text.extend([" ", &inline(entry), "\n"]);
    }
}

/// A string of several lines that can stand as a literal block: certificates are compared by line. Where the first line would
/// decide about the indentation, or the end is no single line break, it is quoted instead.
fn literal(text: &str) -> Option<&str> {
    let printable = |character: char| character == '\n' || !character.is_control();
    let ends_well = !text.ends_with("\n\n");
    let starts_well = !text.starts_with([' ', '\n', '\u{feff}']);
    (text.contains('\n') && starts_well && ends_well && text.chars().all(printable)).then_some(text)
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // `{}`, `[]`, numbers, booleans and null are the same in both.
        other => other.to_string(),
    }
}

/// A string as it is where no YAML reader takes it for something else, quoted as JSON otherwise (which is YAML).
fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}

/// Narrower than YAML's own rule: when in doubt, quotes.
fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let safe_first = first.is_ascii_alphabetic() || matches!(first, '/' | '_' | '.');
    let safe_rest = text.chars().all(|character| {
        character.is_ascii_alphanumeric()
            || matches!(
                character,
                ' ' | '.' | '-' | '_' | '/' | ':' | '(' | ')' | '+' | '=' | '@' | ';' | ','
            )
    });
    // YAML 1.1 readers take these for booleans, null or numbers.
    let word = text.to_ascii_lowercase();
    let reserved = matches!(
        word.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null" | ".nan" | ".inf"
    );
    let numeric = first == '.' && text[1..].starts_with(|c: char| c.is_ascii_digit());
    safe_first
        && safe_rest
        && !reserved
        && !numeric
        && text != "."
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_looks_as_kubectl_prints_it() {
        let value = json!({
            "apiVersion": "v1",
            "metadata": {"name": "x", "labels": {}, "annotations": {"a.b/c": "1", "d": "yes"}},
            "imagePullSecrets": [{"name": "a", "count": 1}, {"name": "b"}],
            "nested": [["x", "z"], []],
            "text": "two\n\nlines\n", "list": ["a\n b"], "led": " a\nb", "ends": "a\n\n", "tab": "a\tb\n", "empty": "", "no": null, "t": true,
        });
        let text = to_yaml(&value);
        assert_eq!(
            text,
            "apiVersion: v1\nmetadata:\n  name: x\n  labels: {}\n  annotations:\n    a.b/c: \"1\"\n    d: \"yes\"\n\
             imagePullSecrets:\n- name: a\n  count: 1\n- name: b\nnested:\n- - x\n  - z\n- []\n\
             text: |\n  two\n\n  lines\nlist:\n- |-\n  a\n   b\nled: \" a\\nb\"\nends: \"a\\n\\n\"\ntab: \"a\\tb\\n\"\nempty: \"\"\n\"no\": null\nt: true\n"
        );
    }

    #[test]
    fn what_could_be_read_as_something_else_is_quoted() {
        for text in [
            "",
            "1",
            "1.5",
            ".5",
            "-",
            "- a",
            "null",
            "True",
            "off",
            "a: b",
            "a:",
            "*",
            "&x",
            "#",
            "a #b",
            "{}",
            "[",
            "%",
            "|",
            ">",
            "!",
            "'",
            "\"",
            "@a",
            "`",
            " a",
            "a ",
            "0x10",
            "~",
            "é",
            "2026-11-22",
            ".",
        ] {
            assert!(to_yaml(&json!(text)).starts_with('"'), "{text:?}");
        }
        for text in [
            "a",
            "kubernetes.io/dockercfg",
            "registry.example.com:5000/x",
            "a b",
            ".dockercfg",
        ] {
            assert_eq!(to_yaml(&json!(text)), format!("{text}\n"));
        }
    }
}
