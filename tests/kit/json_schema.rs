//! A validator of the part of JSON Schema that the published schemas use.

use serde_json::Value;

/// The keywords that [`check`] knows; a schema with others would be believed to say more than is checked.
const KEYWORDS: &[&str] = &[
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "title",
    "description",
    "type",
    "enum",
    "const",
    "required",
    "properties",
    "items",
    "anyOf",
    "minimum",
    "minItems",
    "pattern",
];

/// What of `value` does not fit, each with its place; `root` holds the definitions.
pub(crate) fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for keyword in schema
        .as_object()
        .into_iter()
        .flatten()
        .map(|(keyword, _)| keyword)
    {
        assert!(
            KEYWORDS.contains(&keyword.as_str()),
            "{at}: the validator does not know {keyword}"
        );
    }
    if let Some(name) = schema["$ref"].as_str() {
        let target = root
            .pointer(name.trim_start_matches('#'))
            .expect("a definition");
        faults.extend(check(root, target, value, at));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is_of(value, name)) {
        faults.push(format!("{at}: {value} is none of {types:?}"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        faults.push(format!("{at}: {value} is not one of {allowed:?}"));
    }
    if schema.get("const").is_some_and(|wanted| wanted != value) {
        faults.push(format!("{at}: {value} is not {}", schema["const"]));
    }
    if let Some(any) = schema["anyOf"].as_array()
        && !any
            .iter()
            .any(|option| check(root, option, value, at).is_empty())
    {
        faults.push(format!("{at}: {value} fits no option"));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        faults.push(format!("{at}: {number} is below {least}"));
    }
    if let (Some(least), Some(list)) = (schema["minItems"].as_u64(), value.as_array())
        && (list.len() as u64) < least
    {
        faults.push(format!("{at}: fewer than {least}"));
    }
    // The one pattern of the schema: the ids of evidence.
    if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str()) {
        assert_eq!(pattern, "^e[1-9][0-9]*$");
        let number = text
            .strip_prefix('e')
            .and_then(|digits| digits.parse::<u32>().ok());
        if number.is_none_or(|number| number == 0) {
            faults.push(format!("{at}: {text} does not match {pattern}"));
        }
    }
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if value.is_object() && value.get(name).is_none() {
            faults.push(format!("{at}: {name} is missing"));
        }
    }
    if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object())
    {
        for (name, value) in object {
            match properties.get(name) {
                Some(property) => {
                    faults.extend(check(root, property, value, &format!("{at}/{name}")));
                }
                // Readers accept fields that they do not know; what this version writes is in the schema.
                None => faults.push(format!("{at}: {name} is not in the schema")),
            }
        }
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, value) in list.iter().enumerate() {
            faults.extend(check(root, items, value, &format!("{at}/{index}")));
        }
    }
    faults
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the validator does not know the type {other}"),
    }
}
