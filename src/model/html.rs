//! What a web page says in the place of an answer: block pages of proxies, login pages of portals.

/// How much of one error's text is kept.
pub(crate) const LONGEST_WORDS: usize = 2000;

/// The title of an HTML page.
pub(crate) fn title(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    // ASCII only, so that positions are the same in both.
    let lower = text.to_ascii_lowercase();
    let tag = lower.find("<title")?;
    let start = tag + lower[tag..].find('>')? + 1;
    let length = lower[start..].find("</title")?;
    let title = collapse(&text[start..start + length]);
    (!title.is_empty()).then(|| bounded(&title, LONGEST_WORDS))
}

/// Whether the body is a web page.
pub(crate) fn is_html(body: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&body[..body.len().min(512)]).to_ascii_lowercase();
    let start = start.trim_start();
    start.starts_with("<!doctype html") || start.starts_with("<html") || start.contains("<head")
}

/// White space of any kind and length as one blank.
pub(crate) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of `text`, at most `longest` bytes of it.
pub(crate) fn bounded(text: &str, longest: usize) -> String {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
