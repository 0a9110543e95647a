use super::*;

fn words(body: &str) -> Vec<(Option<String>, String)> {
    errors(body.as_bytes())
        .into_iter()
        .map(|error| (error.code, error.message))
        .collect()
}

fn pair(code: Option<&str>, message: &str) -> (Option<String>, String) {
    (code.map(str::to_owned), message.to_owned())
}

#[test]
fn every_shape_of_an_error_is_read() {
    let rows: &[(&str, (Option<String>, String))] = &[
        (
            r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}]}"#,
            pair(Some("MANIFEST_UNKNOWN"), "manifest unknown"),
        ),
        (
            r#"{"code":"UNAUTHORIZED","message":"authentication required","detail":{}}"#,
            pair(Some("UNAUTHORIZED"), "authentication required"),
        ),
        (
            r#"{"details":"incorrect username or password"}"#,
            pair(None, "incorrect username or password"),
        ),
        (
            r#"{"errors":[{"status":401,"message":"Bad Credentials"}]}"#,
            pair(None, "Bad Credentials"),
        ),
        (
            r#"{"errors":[{"code":"404","message":"Not Found"}]}"#,
            pair(Some("404"), "Not Found"),
        ),
        (
            r#"{"error":"invalid_grant","error_description":"expired"}"#,
            pair(Some("invalid_grant"), "expired"),
        ),
        (
            "<html><head><TITLE>\n Access\n denied </TITLE></head></html>",
            pair(None, "Access denied"),
        ),
        (
            "Too many login attempts.\n",
            pair(None, "Too many login attempts."),
        ),
    ];
    for (body, expected) in rows {
        assert_eq!(words(body), vec![expected.clone()], "{body}");
    }
    for nothing in ["", "{}", "true", "<html><body>no title</body></html>", "[]"] {
        assert_eq!(words(nothing), vec![], "{nothing}");
    }
}

#[test]
fn long_words_and_many_errors_are_cut() {
    let long = "é".repeat(5000);
    let found = errors(long.as_bytes());
    assert!(found[0].message.len() <= LONGEST_WORDS);
    let many = format!(
        r#"{{"errors":[{}]}}"#,
        vec![r#"{"code":"X","message":"y"}"#; 100].join(",")
    );
    assert_eq!(errors(many.as_bytes()).len(), MOST_ERRORS);
}

#[test]
fn cookies_and_secrets_in_headers_are_left_out() {
    let mut headers = HeaderMap::new();
    headers.insert("set-cookie", "sid=secret".parse().unwrap());
    headers.insert("authorization", "Bearer secret".parse().unwrap());
    headers.insert(
        "location",
        "https://storage.example/blob?X-Amz-Signature=secret"
            .parse()
            .unwrap(),
    );
    let answer = answer(307, &headers, Vec::new(), false);
    assert_eq!(
        answer.headers,
        vec![(
            "location".to_owned(),
            "https://storage.example/blob?X-Amz-Signature=...".to_owned()
        )]
    );
}

#[test]
fn retry_after_is_read_in_both_forms() {
    let answer = |value: &str| Answer {
        status: 429,
        headers: vec![
            (
                "date".to_owned(),
                "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
            ),
            ("retry-after".to_owned(), value.to_owned()),
        ],
        challenges: Vec::new(),
        body: Vec::new(),
        truncated: false,
        errors: Vec::new(),
    };
    assert_eq!(retry_after(&answer("7")), Some(Duration::from_secs(7)));
    assert_eq!(
        retry_after(&answer("Sun, 06 Nov 1994 08:50:37 GMT")),
        Some(Duration::from_secs(60))
    );
    assert_eq!(retry_after(&answer("soon")), None);
}
