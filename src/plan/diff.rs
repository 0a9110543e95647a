//! The difference that a change makes, as text, with secret values masked.

use serde_json::{Value, json};

use super::{Object, mask, yaml};

/// Lines around a difference that are shown too.
const CONTEXT: usize = 3;

/// The difference between two states of one object (`None`: it does not exist), as lines that begin with `+`, `-` or a
/// space. Empty when nothing differs. Fields that the server fills in on every write are left out.
pub fn diff(before: Option<&Object>, after: Option<&Object>) -> String {
    let nothing = Object::new(Value::Null);
    let (left, right) = mask::masked_pair(before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    let (left, right) = (text_of(left), text_of(right));
    let (left, right): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    render(&compare(&left, &right), CONTEXT)
}

/// The lines of two texts that differ, without those around them: what stands beside them may be a secret.
pub fn of_texts(before: &str, after: &str) -> String {
    let (left, right): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    render(&compare(&left, &right), 0)
}

fn text_of(mut value: Value) -> String {
    if value.is_null() {
        return String::new();
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        for noise in ["managedFields", "resourceVersion", "generation"] {
            metadata.shift_remove(noise);
        }
    }
    // Keys in one order on both sides, whatever order the server sent them in.
    yaml::to_yaml(&sorted(&value))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            entries
                .into_iter()
                .map(|(key, entry)| (key.clone(), sorted(entry)))
                .collect()
        }
        Value::Array(list) => json!(list.iter().map(sorted).collect::<Vec<_>>()),
        other => other.clone(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// By longest common subsequence. Objects that this tool edits have at most a few thousand lines; common ends are cut
/// off first, so that the table stays small.
fn compare<'a>(left: &[&'a str], right: &[&'a str]) -> Vec<Line<'a>> {
    let head = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let tail = left[head..]
        .iter()
        .rev()
        .zip(right[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (
        &left[head..left.len() - tail],
        &right[head..right.len() - tail],
    );
    let mut lengths = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] = if a[i] == b[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let mut lines: Vec<Line<'a>> = left[..head].iter().map(|line| Line::Same(line)).collect();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push(Line::Same(a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && lengths[i + 1][j] >= lengths[i][j + 1]) {
            lines.push(Line::Gone(a[i]));
            i += 1;
        } else {
            lines.push(Line::New(b[j]));
            j += 1;
        }
    }
    lines.extend(
        left[left.len() - tail..]
            .iter()
            .map(|line| Line::Same(line)),
    );
    lines
}

fn render(lines: &[Line<'_>], context: usize) -> String {
    let mut text = String::new();
    let mut cut = false;
    for (at, line) in lines.iter().enumerate() {
        let around = at.saturating_sub(context)..(at + context + 1).min(lines.len());
        if lines[around]
            .iter()
            .all(|near| matches!(near, Line::Same(_)))
        {
            cut = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut cut) {
            text.push_str("  ...\n");
        }
        let (mark, line) = match line {
            Line::Same(line) => ("  ", line),
            Line::Gone(line) => ("- ", line),
            Line::New(line) => ("+ ", line),
        };
        text.extend([mark, line, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(names: &[&str], version: &str) -> Object {
        let list: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
        Object::new(json!({
            "kind": "ServiceAccount",
            "metadata": {"resourceVersion": version, "name": "default", "namespace": "shop"},
            "apiVersion": "v1",
            "imagePullSecrets": list,
        }))
    }

    #[test]
    fn only_what_differs_is_shown_with_a_little_around_it() {
        assert_eq!(
            diff(
                Some(&account(&["a"], "1")),
                Some(&account(&["a", "b"], "2"))
            ),
            "  apiVersion: v1\n  imagePullSecrets:\n  - name: a\n+ - name: b\n  kind: ServiceAccount\n  metadata:\n    name: default\n"
        );
        assert_eq!(
            diff(Some(&account(&["a"], "1")), Some(&account(&["a"], "2"))),
            ""
        );
    }

    #[test]
    fn what_is_made_or_deleted_is_shown_whole_and_masked() {
        let secret = Object::new(json!({"kind": "Secret", "data": {"k": "Y2FuYXJ5"}}));
        assert_eq!(
            diff(None, Some(&secret)),
            "+ data:\n+   k: \"***\"\n+ kind: Secret\n"
        );
        assert_eq!(
            diff(Some(&secret), None),
            "- data:\n-   k: \"***\"\n- kind: Secret\n"
        );
    }

    #[test]
    fn distant_differences_are_parted_by_dots() {
        let (mut left, mut right) = (json!({}), json!({}));
        for number in 10..40 {
            left[format!("k{number}")] = json!(number);
            right[format!("k{number}")] = json!(number);
        }
        right["k12"] = json!("changed");
        right["k35"] = json!("changed");
        let text = diff(Some(&Object::new(left)), Some(&Object::new(right)));
        assert_eq!(text.matches("  ...\n").count(), 1, "{text}");
        assert_eq!(text.matches("+ ").count(), 2, "{text}");
    }
}
