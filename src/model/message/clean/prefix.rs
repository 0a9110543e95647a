//! What log writers, journals and event tables put in front of a line.

/// What log writers put in front of a line: dates, levels, hosts, the columns of an event table, prompts of tools.
pub(in crate::model::message) fn without_prefix(line: &str) -> &str {
    let mut rest = line.trim();
    loop {
        let before = rest;
        rest = without_date(rest);
        rest = without_klog(rest);
        rest = without_syslog(rest);
        rest = without_level(rest);
        rest = without_columns(rest);
        rest = without_event_name(rest);
        rest = rest.trim_start_matches(['!', '>', '|', '*', '#', '-', ' ', '\t']);
        if rest.len() == before.len() {
            return rest;
        }
    }
}

/// `2018/10/29 16:14:02`, `2021-03-04T22:45:07.123Z`, with `[` or without.
fn without_date(line: &str) -> &str {
    let bare = line.trim_start_matches('[');
    let bytes = bare.as_bytes();
    let dated = bytes.len() > 10
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && (bytes[4] == b'/' || bytes[4] == b'-')
        && bytes[5].is_ascii_digit()
        && bytes[7] == bytes[4];
    if !dated {
        return line;
    }
    let end = bare
        .find(|c: char| !(c.is_ascii_digit() || "/-:.,TZ+".contains(c)))
        .unwrap_or(bare.len());
    let rest = bare[end..].trim_start_matches([']', ' ']);
    // The time behind a date and a space.
    let clock = rest
        .find(|c: char| !(c.is_ascii_digit() || ":.,Z+".contains(c)))
        .unwrap_or(rest.len());
    if rest[..clock].contains(':') && rest[..clock].len() >= 5 {
        rest[clock..].trim_start_matches([']', ' '])
    } else {
        rest
    }
}

/// `E1129 14:33:55.215696   26805 file.go:233] `
fn without_klog(line: &str) -> &str {
    let bytes = line.as_bytes();
    let klog = bytes.len() > 20
        && b"IWEF".contains(&bytes[0])
        && bytes[1..5].iter().all(u8::is_ascii_digit)
        && bytes[5] == b' ';
    match line.find("] ") {
        Some(end) if klog && end < 120 => line[end + 2..].trim_start(),
        _ => line,
    }
}

/// `Nov 22 16:20:59 node-1 kubelet[1234]: `
fn without_syslog(line: &str) -> &str {
    const MONTHS: [&str; 12] = [
        "Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ",
        "Dec ",
    ];
    if !MONTHS.iter().any(|month| line.starts_with(month)) {
        return line;
    }
    match line.find("]: ").filter(|end| *end < 120) {
        Some(end) => line[end + 3..].trim_start(),
        None => line,
    }
}

/// `level=error msg="..."` (logfmt), `FATA[0000]`, `[ERROR]`.
fn without_level(line: &str) -> &str {
    for level in ["FATA[", "ERRO[", "WARN[", "INFO[", "DEBU["] {
        if let Some(rest) = line.strip_prefix(level)
            && let Some((_, rest)) = rest.split_once(']')
        {
            return rest.trim_start();
        }
    }
    for level in [
        "[ERROR]", "[error]", "[WARN]", "[FATAL]", "[INFO]", "[stderr]",
    ] {
        if let Some(rest) = line.strip_prefix(level) {
            return rest.trim_start();
        }
    }
    for field in ["time=\"", "level=", "ts=", "caller="] {
        if let Some(rest) = line.strip_prefix(field) {
            let end = if field.ends_with('"') {
                rest.find('"').map(|at| at + 1)
            } else {
                rest.find(' ')
            };
            return end.map_or(line, |end| rest[end..].trim_start());
        }
    }
    line
}

/// `[event: pod ns/name]`, `pod ns/name event:`
fn without_event_name(line: &str) -> &str {
    let named = line
        .strip_prefix("[event: ")
        .and_then(|rest| rest.split_once(']'));
    let spoken = line
        .strip_prefix("pod ")
        .and_then(|rest| rest.split_once(" event:"));
    match (named, spoken) {
        (Some((_, rest)), _) => rest.trim_start(),
        (None, Some((name, rest))) if !name.contains(' ') => rest.trim_start(),
        _ => line,
    }
}

/// The columns of `describe` and of `get events`: type, reason, age, source, object.
fn without_columns(line: &str) -> &str {
    let mut rest = line;
    for _ in 0..8 {
        let word = rest.split_whitespace().next().unwrap_or_default();
        if word.is_empty() || !is_column(word, rest) {
            break;
        }
        let mut after = rest[word.len()..].trim_start();
        // `5m (x4 over 17m)` is one column.
        if is_age(word) && after.starts_with("(x") {
            after = after
                .split_once(')')
                .map_or(after, |(_, after)| after)
                .trim_start();
        }
        rest = after;
    }
    if rest.is_empty() { line } else { rest }
}

fn is_column(word: &str, rest: &str) -> bool {
    const REASONS: [&str; 16] = [
        "Failed",
        "BackOff",
        "FailedToRetrieveImagePullSecret",
        "InspectFailed",
        "ErrImageNeverPull",
        "FailedSync",
        "BuildFailed",
        "ErrImagePull",
        "ImagePullBackOff",
        "FailedCreate",
        "Unhealthy",
        "Pulling",
        "Pulled",
        "Scheduled",
        "FailedMount",
        "InvalidImageName",
    ];
    // In front of a column there is more than one space, or a tab; `Failed to pull` is a sentence.
    let wide = rest[word.len()..].starts_with("  ") || rest[word.len()..].starts_with('\t');
    let source = [
        "kubelet",
        "kubelet,",
        "default-scheduler",
        "build-controller",
    ]
    .contains(&word);
    let object = ["pod/", "build/", "job/"]
        .iter()
        .any(|kind| word.starts_with(kind));
    ["Warning", "Normal"].contains(&word)
        || (wide
            && (REASONS.contains(&word) || source || is_age(word) || word.starts_with("spec.")))
        || (object && wide)
        || (is_age(word) && rest[word.len()..].trim_start().starts_with("(x"))
        || (is_age(word) && rest[word.len()..].trim_start().starts_with("Warning"))
}

/// `17m`, `4m52s`, `<unknown>`.
fn is_age(word: &str) -> bool {
    word == "<unknown>"
        || word == "<invalid>"
        || (word.len() < 10
            && word.starts_with(|c: char| c.is_ascii_digit())
            && word.ends_with(['s', 'm', 'h', 'd', 'y'])
            && word
                .chars()
                .all(|c| c.is_ascii_digit() || "smhdy".contains(c)))
}
