//! Files and helpers in a directory of the test; helpers are shell scripts.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::Write as _;

use secrecy::ExposeSecret as _;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(30);

/// A home directory, and the surroundings in which nothing else is seen.
struct Home {
    directory: tempfile::TempDir,
    env: Env,
}

impl Home {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_str().unwrap().to_owned();
        let vars = BTreeMap::from([
            ("HOME".to_owned(), path.clone()),
            ("XDG_RUNTIME_DIR".to_owned(), format!("{path}/run")),
            ("PATH".to_owned(), format!("{path}/bin:/usr/bin:/bin")),
        ]);
        let env = Env {
            vars,
            cwd: directory.path().to_owned(),
            ..Env::default()
        };
        Self { directory, env }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Installs a helper. Another process writes the file: were it open for writing in this one while some other test
    /// starts a program, running it could fail with "text file busy".
    fn helper(&self, name: &str, script: &str) {
        std::fs::create_dir_all(self.path("bin")).unwrap();
        let mut shell = std::process::Command::new("/bin/sh")
            .args(["-c", r#"cat >"$1" && chmod 755 "$1""#, "sh"])
            .arg(self.path(&format!("bin/docker-credential-{name}")))
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let text = format!("#!/bin/sh\n{script}\n");
        let mut stdin = shell.stdin.take().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        drop(stdin);
        assert!(shell.wait().unwrap().success());
    }

    async fn file(&self, text: &str, name: &str) -> Result<String, String> {
        let path = self.write("auth.json", text);
        shown(from_file(&self.env, &path, name, TIMEOUT).await)
    }

    async fn usual(&self, name: &str) -> Result<String, String> {
        shown(from_usual_places(&self.env, name, TIMEOUT).await)
    }
}

/// `kind user:secret | key | origin`.
fn shown(found: Result<Found, SourceError>) -> Result<String, String> {
    let found = found.map_err(|error| error.to_string())?;
    let (user, secret) = match &found.credential {
        Credential::Password { username, password } => (username.as_str(), password),
        Credential::IdentityToken { username, token } => (username.as_str(), token),
        Credential::RegistryToken(token) => ("", token),
    };
    Ok(format!(
        "{} {user}:{} | {} | {}",
        found.credential.kind(),
        secret.expose_secret(),
        found.key,
        found.origin
    ))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "reads as the results that it is compared with"
)]
fn ok(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

#[test]
fn the_usual_places_in_their_order() {
    let mut home = Home::new();
    let relative = |env: &Env| -> Vec<String> {
        usual_places(env)
            .iter()
            .map(|path| places::shown(env, path))
            .collect()
    };
    assert_eq!(
        relative(&home.env),
        [
            "~/run/containers/auth.json",
            "~/.config/containers/auth.json",
            "~/.docker/config.json",
            "~/.dockercfg",
        ]
    );
    let mut set = |name: &str, value: &str| {
        home.env.vars.insert(name.to_owned(), value.to_owned());
    };
    set("REGISTRY_AUTH_FILE", "my/auth.json");
    set("XDG_RUNTIME_DIR", "");
    set("XDG_CONFIG_HOME", "/etc/xdg");
    set("DOCKER_CONFIG", "/etc/docker");
    let found = relative(&home.env);
    assert_eq!(found[0], "~/my/auth.json");
    assert!(found[1].starts_with("/run/containers/"), "{found:?}");
    assert_eq!(
        found[2..],
        [
            "/etc/xdg/containers/auth.json",
            "/etc/docker/config.json",
            "~/.dockercfg"
        ]
    );
}

#[tokio::test]
async fn one_entry_of_a_file_by_the_longest_key() {
    let home = Home::new();
    let file = r#"{"auths": {"quay.io": {"auth": "dTpw"}, "quay.io/org": {"auth": "bzpw"}}}"#;
    assert_eq!(
        home.file(file, "quay.io/org/app").await,
        ok("password o:p | quay.io/org | entry \"quay.io/org\" of ~/auth.json")
    );
    assert_eq!(
        home.file(file, "quay.io/other").await,
        ok("password u:p | quay.io | entry \"quay.io\" of ~/auth.json")
    );
    assert_eq!(
        home.file(file, "ghcr.io").await,
        Err(format!(
            "{} has no entry for ghcr.io; it has quay.io, quay.io/org",
            home.path("auth.json").display()
        ))
    );
    // A path that is relative is the working directory's.
    let found = from_file(&home.env, Path::new("auth.json"), "quay.io", TIMEOUT).await;
    assert_eq!(found.unwrap().origin, "entry \"quay.io\" of ~/auth.json");
}

#[tokio::test]
async fn formats_and_fields_of_other_tools() {
    let home = Home::new();
    assert_eq!(
        home.file(
            r#"{"https://quay.io/v1/": {"auth": "dTpw"}}"#,
            "quay.io/org/app"
        )
        .await,
        ok("password u:p | https://quay.io/v1/ | entry \"https://quay.io/v1/\" of ~/auth.json")
    );
    assert_eq!(
        home.file(
            r#"{"auths": {"quay.io": {"username": "u", "password": "p"}}}"#,
            "quay.io"
        )
        .await,
        ok("password u:p | quay.io | entry \"quay.io\" of ~/auth.json")
    );
    assert_eq!(
        home.file(
            r#"{"auths": {"x.azurecr.io": {"auth": "dTo=", "identitytoken": "t"}}}"#,
            "x.azurecr.io"
        )
        .await,
        ok("identity token u:t | x.azurecr.io | entry \"x.azurecr.io\" of ~/auth.json")
    );
}

#[tokio::test]
async fn files_and_entries_that_cannot_be_used() {
    let home = Home::new();
    let path = home.path("auth.json").display().to_string();
    let bad = |reason: &str| {
        Err(format!(
            "the entry \"quay.io\" of {path} cannot be used: {reason}"
        ))
    };
    assert_eq!(
        home.file(r#"{"auths": {"quay.io": {"auth": "%"}}}"#, "quay.io")
            .await,
        bad("its `auth` is not base64")
    );
    assert_eq!(
        home.file(r#"{"auths": {"quay.io": {}}}"#, "quay.io").await,
        bad("it holds no credential")
    );
    assert_eq!(
        home.file("[]", "quay.io").await,
        Err(format!("{path} is no docker config: not a JSON object"))
    );
    assert_eq!(
        home.file(r#"{"auths": {}}"#, "quay.io").await,
        Err(format!(
            "{path} has no entry for quay.io; it has none at all"
        ))
    );
    let missing = from_file(&home.env, Path::new("none.json"), "quay.io", TIMEOUT).await;
    assert!(matches!(missing, Err(SourceError::Unreadable { .. })));
    let long = " ".repeat(usize::try_from(FILE_MAX).unwrap() + 1);
    assert_eq!(
        home.file(&long, "quay.io").await,
        Err(format!(
            "{path} is no docker config: it is longer than 4 MiB"
        ))
    );
    // A password in a key is not shown.
    let error = home
        .file(r#"{"auths": {"https://u:s3cret@quay.io": {}}}"#, "ghcr.io")
        .await;
    assert_eq!(
        error,
        Err(format!(
            "{path} has no entry for ghcr.io; it has https://...@quay.io"
        ))
    );
}

/// Answers for the server that it is asked for, and notes what that was.
const ECHO: &str = r#"read -r server; printf '%s' "$server" >"$HOME/asked"; [ "$1" = get ] || exit 9
printf '{"ServerURL":"%s","Username":"me","Secret":"s3cret"}' "$server""#;

#[tokio::test]
async fn a_helper_for_one_registry_is_asked_before_the_entries() {
    let home = Home::new();
    home.helper("echo", ECHO);
    let file = r#"{"auths": {"quay.io": {"auth": "dTpw"}}, "credHelpers": {"quay.io": "echo"}}"#;
    assert_eq!(
        home.file(file, "quay.io/org").await,
        ok("password me:s3cret | quay.io | credential helper \"echo\" named in ~/auth.json")
    );
    let asked = || std::fs::read_to_string(home.path("asked")).unwrap();
    assert_eq!(asked(), "quay.io");
    let file = r#"{"credHelpers": {"index.docker.io": "echo"}}"#;
    assert!(home.file(file, "docker.io/library/nginx").await.is_ok());
    assert_eq!(asked(), "https://index.docker.io/v1/");
}

#[tokio::test]
async fn the_helper_of_the_whole_file_is_asked_where_the_entry_is_a_marker() {
    let home = Home::new();
    home.helper("echo", ECHO);
    let file =
        r#"{"auths": {"https://quay.io": {}, "ghcr.io": {"auth": "dTpw"}}, "credsStore": "echo"}"#;
    let origin = "credential helper \"echo\" named in ~/auth.json";
    assert_eq!(
        home.file(file, "quay.io").await,
        ok(&format!("password me:s3cret | https://quay.io | {origin}"))
    );
    assert_eq!(
        std::fs::read_to_string(home.path("asked")).unwrap(),
        "https://quay.io"
    );
    assert_eq!(
        home.file(file, "gcr.io/project").await,
        ok(&format!("password me:s3cret | gcr.io | {origin}"))
    );
    assert_eq!(
        home.file(file, "ghcr.io").await,
        ok("password u:p | ghcr.io | entry \"ghcr.io\" of ~/auth.json")
    );
}

#[tokio::test]
async fn what_helpers_answer() {
    let home = Home::new();
    let file = r#"{"credsStore": "x"}"#;
    let says = |text: &str| Err(format!("the credential helper \"x\" {text}"));
    let has_none = says("has no credentials for quay.io");
    for (script, expected) in [
        (
            r#"echo '{"Username":"<token>","Secret":"t"}'"#,
            ok("identity token <token>:t | quay.io | credential helper \"x\" named in ~/auth.json"),
        ),
        (
            "echo 'credentials not found in native keychain'; exit 1",
            has_none.clone(),
        ),
        (r#"echo '{"Username":"","Secret":""}'"#, has_none),
        (
            "echo s3cret; exit 1",
            says("failed with exit status: 1; run it by hand to see why"),
        ),
        (
            "echo s3cret",
            says("gave an answer that is no user name and secret"),
        ),
        (
            r#"echo '{"Username":5}'"#,
            says("gave an answer that is no user name and secret"),
        ),
        (
            "exec /bin/echo '{\"Username\":\"u\",\"Secret\":\"p\"}' <&-",
            ok("password u:p | quay.io | credential helper \"x\" named in ~/auth.json"),
        ),
    ] {
        home.helper("x", script);
        assert_eq!(home.file(file, "quay.io").await, expected, "{script}");
    }
    assert_eq!(
        home.file(r#"{"credsStore": "y"}"#, "quay.io").await,
        Err("the credential helper \"y\" is not installed: docker-credential-y is in no directory of PATH".to_owned())
    );
    assert_eq!(
        home.file(r#"{"credsStore": "../../bin/sh"}"#, "quay.io").await,
        Err("the credential helper \"../../bin/sh\" has a name that is none: it may not contain a path".to_owned())
    );
}

/// A script is what most helpers are: what it waits for ends with it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_slow_helper_started_ends_with_it() {
    let home = Home::new();
    home.helper("slow", r#"sleep 600 & echo $! >"$HOME/child"; wait"#);
    home.write("auth.json", r#"{"credsStore": "slow"}"#);
    let mut timeout = Duration::from_millis(200);
    let child = loop {
        let found = from_file(&home.env, Path::new("auth.json"), "quay.io", timeout).await;
        assert!(found.is_err());
        match std::fs::read_to_string(home.path("child")) {
            Ok(pid) if pid.ends_with('\n') => break pid.trim().to_owned(),
            _ => timeout *= 2,
        }
    };
    // The signal was sent before the answer came; whoever adopts orphans may take a while to bury them.
    let runs = || {
        std::fs::read_to_string(format!("/proc/{child}/stat"))
            .is_ok_and(|stat| !stat.contains(") Z ") && stat.contains("(sleep)"))
    };
    for _ in 0..500 {
        if !runs() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{child} still runs");
}

#[tokio::test]
async fn a_helper_that_does_not_answer_is_killed() {
    let home = Home::new();
    home.helper("slow", r#"echo $$ >"$HOME/pid"; exec sleep 600"#);
    home.write("auth.json", r#"{"credsStore": "slow"}"#);
    // The time limit counts from the start of the program, so the script may not have got to writing its id: it is asked
    // again with more time until it has.
    let mut timeout = Duration::from_millis(200);
    let pid = loop {
        let found = from_file(&home.env, Path::new("auth.json"), "quay.io", timeout).await;
        let error = found.unwrap_err().to_string();
        assert!(
            error.starts_with("the credential helper \"slow\" did not answer within "),
            "{error}"
        );
        match std::fs::read_to_string(home.path("pid")) {
            Ok(pid) if pid.ends_with('\n') => break pid.trim().to_owned(),
            _ => timeout *= 2,
        }
    };
    // Killed and reaped: nothing is left of it.
    assert!(!Path::new("/proc").join(pid).exists());
}

#[tokio::test]
async fn the_usual_places_one_after_the_other() {
    let home = Home::new();
    assert_eq!(
        home.usual("quay.io").await,
        Err("no credentials for quay.io in ~/run/containers/auth.json, ~/.config/containers/auth.json, ~/.docker/config.json, ~/.dockercfg".to_owned())
    );
    home.write(".dockercfg", r#"{"quay.io": {"auth": "YTpw"}}"#);
    assert_eq!(
        home.usual("quay.io").await,
        ok("password a:p | quay.io | entry \"quay.io\" of ~/.dockercfg")
    );
    // An empty marker and a helper that is missing are passed over while there is another file.
    home.write(
        ".docker/config.json",
        r#"{"auths": {"quay.io": {}}, "credsStore": "gone"}"#,
    );
    assert_eq!(
        home.usual("quay.io").await,
        ok("password a:p | quay.io | entry \"quay.io\" of ~/.dockercfg")
    );
    assert_eq!(
        home.usual("ghcr.io").await,
        Err("the credential helper \"gone\" is not installed: docker-credential-gone is in no directory of PATH".to_owned())
    );
    home.write(
        "run/containers/auth.json",
        r#"{"auths": {"quay.io": {"auth": "Yjpw"}}}"#,
    );
    assert_eq!(
        home.usual("quay.io/org").await,
        ok("password b:p | quay.io | entry \"quay.io\" of ~/run/containers/auth.json")
    );
    // What cannot be understood may hold the credential.
    home.write("run/containers/auth.json", "{");
    let error = home.usual("quay.io").await.unwrap_err();
    assert!(
        error.contains("run/containers/auth.json is no docker config: not JSON"),
        "{error}"
    );
}
