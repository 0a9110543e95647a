//! `--for pull|push|pull,push`.

use crate::plan::Purposes;

/// Reads what a link is for.
pub(super) fn parse(text: &str) -> Result<Purposes, String> {
    let mut purposes = Purposes {
        pull: false,
        push: false,
    };
    for word in text.split(',') {
        match word.trim() {
            "pull" => purposes.pull = true,
            "push" => purposes.push = true,
            "mount" => {
                return Err("oc calls it `mount`, here it is `push`".to_owned());
            }
            _ => return Err("write pull, push or pull,push".to_owned()),
        }
    }
    Ok(purposes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_words_in_any_order() {
        assert_eq!(parse("pull"), Ok(Purposes::PULL));
        assert_eq!(parse("push"), Ok(Purposes::PUSH));
        assert_eq!(parse("push, pull"), Ok(Purposes::BOTH));
        for bad in ["", "pull,", "mount", "both"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
