use super::*;

fn response(body: &str) -> Option<(String, Duration)> {
    TokenResponse::read(body.as_bytes())
        .map(|response| (response.token.expose_secret().to_owned(), response.life))
}

#[test]
fn tokens_are_read_under_both_names() {
    assert_eq!(
        response(r#"{"token":"a","expires_in":300}"#),
        Some(("a".to_owned(), Duration::from_secs(300)))
    );
    assert_eq!(
        response(r#"{"access_token":"b"}"#),
        Some(("b".to_owned(), DEFAULT_LIFE))
    );
    for none in ["", "{}", "<html>", r#"{"token":""}"#, r#"{"token":7}"#] {
        assert_eq!(response(none), None, "{none}");
    }
}

fn key_for(scope: Option<&str>) -> TokenKey {
    TokenKey {
        realm: "https://auth.example/token?x=y".to_owned(),
        service: Some("registry.example".to_owned()),
        scope: scope.map(str::to_owned),
        beside: None,
        credential: Some(0),
    }
}

#[test]
fn passwords_go_as_basic_and_never_into_the_url() {
    let holder = Holder::new(Credential::Password {
        username: "robot".to_owned(),
        password: SecretString::from("secret"),
    });
    let realm = Url::parse("https://auth.example/token?x=y").unwrap();
    let key = key_for(Some("repository:a/b:pull"));
    let query = token_query(Purpose::Token, &realm, &key, Some(&holder));
    assert_eq!(
        query.url.as_str(),
        "https://auth.example/token?x=y&account=robot&service=registry.example&scope=repository%3Aa%2Fb%3Apull"
    );
    assert!(query.form.is_none());
    assert!(matches!(query.authorization, Authorization::Basic { .. }));
}

#[test]
fn a_mount_asks_for_two_scopes() {
    let realm = Url::parse("https://auth.example/token").unwrap();
    let key = TokenKey {
        beside: Wish::Mount {
            from: "c/d".to_owned(),
        }
        .beside(),
        ..key_for(Some("repository:a/b:pull,push"))
    };
    let query = token_query(Purpose::Token, &realm, &key, None);
    assert_eq!(
        query.url.query(),
        Some(
            "service=registry.example&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository%3Ac%2Fd%3Apull"
        )
    );
}

#[test]
fn identity_tokens_are_posted() {
    let holder = Holder::new(Credential::IdentityToken {
        username: "robot".to_owned(),
        token: SecretString::from("refresh&me"),
    });
    let realm = Url::parse("https://auth.example/token").unwrap();
    let query = token_query(Purpose::Token, &realm, &key_for(None), Some(&holder));
    assert_eq!(query.method, Method::POST);
    assert_eq!(query.url.as_str(), "https://auth.example/token");
    assert_eq!(
        query.form.unwrap().expose_secret(),
        "grant_type=refresh_token&client_id=kubectl-extreg&service=registry.example&refresh_token=refresh%26me"
    );
}

#[test]
fn a_request_without_wishes_has_no_question_mark() {
    let realm = Url::parse("https://auth.example/token").unwrap();
    let key = TokenKey {
        service: None,
        ..key_for(None)
    };
    let query = token_query(Purpose::Token, &realm, &key, None);
    assert_eq!(query.url.as_str(), "https://auth.example/token");
}

#[test]
fn answers_that_go_cannot_read_are_known() {
    let read = |body: &str| TokenResponse::read(body.as_bytes()).map(|it| it.unreadable);
    for good in [
        r#"{"token":"t"}"#,
        r#"{"token":"t","expires_in":300,"issued_at":"2026-11-22T10:00:00.5Z"}"#,
        r#"{"token":"t","expires_in":-1,"issued_at":"0001-01-01T00:00:00Z"}"#,
        r#"{"token":null,"access_token":"t","expires_in":null,"issued_at":null}"#,
    ] {
        assert_eq!(read(good), Some(None), "{good}");
    }
    for bad in [
        r#"{"token":"t","expires_in":"300"}"#,
        r#"{"token":"t","expires_in":300.0}"#,
        r#"{"token":"t","issued_at":"yesterday"}"#,
        r#"{"token":"t","issued_at":1700000000}"#,
        r#"{"token":5,"access_token":"t"}"#,
        r#"{"token":"t\n"}"#,
    ] {
        assert!(read(bad).flatten().is_some(), "{bad}");
    }
    assert_eq!(read("{}"), None);
}
