//! One page of a list, decoded item by item: the JSON of a page of pods is many times the size of its bytes, so never more
//! than one object of it is held.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// What a page says beside its items.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Whether there was a list, be it empty or `null`.
    pub(super) has_items: bool,
    /// The token of the next page.
    pub(super) next: Option<String>,
}

/// Reads a page; `each` gets its items in order.
pub(super) fn read(bytes: &[u8], each: &mut dyn FnMut(Value)) -> Result<Page, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let page = List(each).deserialize(&mut json)?;
    json.end()?;
    Ok(page)
}

struct List<'a>(&'a mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = Page;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = Page;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
        let mut page = Page::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "items" => page.has_items = map.next_value_seed(Items(&mut *self.0))?,
                "metadata" => {
                    let metadata: Value = map.next_value()?;
                    page.next = metadata["continue"]
                        .as_str()
                        .filter(|token| !token.is_empty())
                        .map(str::to_owned);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(page)
    }
}

struct Items<'a>(&'a mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<bool, A::Error> {
        while let Some(item) = items.next_element()? {
            (self.0)(item);
        }
        Ok(true)
    }

    /// Go writes a nil slice as `null`.
    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_all(text: &str) -> (Page, Vec<Value>) {
        let mut items = Vec::new();
        let page = read(text.as_bytes(), &mut |item| items.push(item)).unwrap();
        (page, items)
    }

    #[test]
    fn items_come_in_order_wherever_the_token_stands() {
        let (page, items) = read_all(
            r#"{"kind": "PodList", "items": [{"a": 1}, {"a": 2}], "metadata": {"continue": "next"}}"#,
        );
        assert_eq!(
            page,
            Page {
                has_items: true,
                next: Some("next".into())
            }
        );
        assert_eq!(items, [json!({"a": 1}), json!({"a": 2})]);
        let (page, items) = read_all(r#"{"metadata": {"continue": ""}, "items": []}"#);
        assert_eq!(
            (page, items.len()),
            (
                Page {
                    has_items: true,
                    next: None
                },
                0
            )
        );
    }

    #[test]
    fn an_item_is_given_away_before_the_next_is_read() {
        let mut seen = 0;
        let cut = read(br#"{"items": [{"a": 1}, {"a": 2}, {"a":"#, &mut |_| {
            seen += 1;
        });
        assert!(cut.is_err());
        assert_eq!(seen, 2);
    }

    #[test]
    fn what_has_no_list_says_so() {
        assert!(!read_all(r#"{"kind": "Status"}"#).0.has_items);
        assert!(read_all(r#"{"items": null}"#).0.has_items);
        assert!(read(b"[]", &mut drop).is_err());
    }
}
