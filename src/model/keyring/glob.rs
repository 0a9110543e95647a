//! Shell patterns on one label of a host name, by the rules of Go's `path/filepath.Match`: `*`, `?`, `[a-z]`, `[^a]`,
//! `\x`.

/// Whether the pattern matches the whole label. A malformed pattern matches nothing.
pub(super) fn matches(pattern: &[u8], label: &[u8]) -> bool {
    let (Ok(pattern), Ok(label)) = (std::str::from_utf8(pattern), std::str::from_utf8(label))
    else {
        // Bytes that are no text stand in no image's name.
        return false;
    };
    let pattern: Vec<char> = pattern.chars().collect();
    let label: Vec<char> = label.chars().collect();
    let (mut at, mut from) = (0, 0);
    // Where to go on when the last star has to take one character more.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&'*') {
            retry = Some((at + 1, from));
            at += 1;
            continue;
        }
        let step = match (at < pattern.len(), label.get(from)) {
            (false, None) => return true,
            (false, Some(_)) | (true, None) => None,
            (true, Some(&c)) => match one(&pattern[at..], c) {
                One::Matches(length) => Some(length),
                One::Differs => None,
                One::Malformed => return false,
            },
        };
        match (step, retry) {
            (Some(length), _) => {
                at += length;
                from += 1;
            }
            (None, Some((star, taken))) if taken < label.len() && label[taken] != '/' => {
                retry = Some((star, taken + 1));
                at = star;
                from = taken + 1;
            }
            (None, _) => return false,
        }
    }
}

/// What the pattern's first element makes of a character.
enum One {
    /// It matches; so many characters of the pattern are used up.
    Matches(usize),
    Differs,
    Malformed,
}

impl One {
    fn of(matched: bool, length: usize) -> Self {
        if matched {
            Self::Matches(length)
        } else {
            Self::Differs
        }
    }
}

fn one(pattern: &[char], c: char) -> One {
    match pattern {
        ['[', rest @ ..] => class(rest, c),
        ['?', ..] => One::of(c != '/', 1),
        ['\\', literal, ..] => One::of(*literal == c, 2),
        ['\\'] | [] => One::Malformed,
        [literal, ..] => One::of(*literal == c, 1),
    }
}

/// `[` has been read: ranges up to `]`, at least one.
fn class(pattern: &[char], c: char) -> One {
    let negated = pattern.first() == Some(&'^');
    let mut at = usize::from(negated);
    let mut matched = false;
    let mut ranges = 0;
    loop {
        if ranges > 0 && pattern.get(at) == Some(&']') {
            return One::of(matched != negated, at + 2);
        }
        let Some((low, next)) = bound(pattern, at) else {
            return One::Malformed;
        };
        at = next;
        let mut high = low;
        if pattern.get(at) == Some(&'-') {
            let Some((end, next)) = bound(pattern, at + 1) else {
                return One::Malformed;
            };
            high = end;
            at = next;
        }
        matched |= low <= c && c <= high;
        ranges += 1;
    }
}

/// One end of a range and where the pattern goes on; something has to follow it.
fn bound(pattern: &[char], at: usize) -> Option<(char, usize)> {
    let (c, next) = match pattern.get(at)? {
        '-' | ']' => return None,
        '\\' => (*pattern.get(at + 1)?, at + 2),
        &c => (c, at + 1),
    };
    (next < pattern.len()).then_some((c, next))
}
