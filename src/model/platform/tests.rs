use super::*;

fn platform(text: &str) -> Platform {
    Platform::parse(text).unwrap()
}

#[test]
fn names_are_normalised_to_go_s() {
    for (text, shown) in [
        ("linux/amd64", "linux/amd64"),
        ("Linux/X86_64", "linux/amd64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64/v8"),
        ("linux/arm/7", "linux/arm/v7"),
        ("linux/armhf", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
        ("linux/armhf/v8", "linux/arm/v8"),
        ("linux/i686", "linux/386"),
        ("linux/amd64/v3", "linux/amd64/v3"),
        ("macos/arm64", "darwin/arm64"),
        (" linux/ppc64le ", "linux/ppc64le"),
        ("linux/s390x", "linux/s390x"),
    ] {
        assert_eq!(platform(text).to_string(), shown);
    }
    for text in [
        "",
        "linux",
        "linux/",
        "/amd64",
        "linux/amd64/",
        "a/b/c/d",
        "linux/am d64",
        "linux/*",
    ] {
        let error = Platform::parse(text).unwrap_err();
        assert_eq!(error, PlatformError(text.to_owned()));
    }
    assert_eq!(
        PlatformError("linux".into()).to_string(),
        "\"linux\" is no platform; write OS/ARCHITECTURE, for example linux/amd64"
    );
}

#[test]
fn a_machine_takes_what_containers_image_would_choose_for_it() {
    for (machine, offered, accepts) in [
        ("linux/amd64", "linux/amd64", true),
        ("linux/amd64", "linux/arm64", false),
        ("linux/amd64", "windows/amd64", false),
        ("linux/amd64", "linux/amd64/v3", false),
        ("linux/amd64/v3", "linux/amd64", true),
        ("linux/amd64/v3", "linux/amd64/v2", false),
        ("linux/arm64", "linux/arm64/v8", true),
        ("linux/arm64/v8", "linux/arm64", true),
        ("linux/arm64/v8", "linux/arm64/v9", false),
        ("linux/arm/v7", "linux/arm/v6", true),
        ("linux/arm/v7", "linux/arm", true),
        ("linux/arm/v6", "linux/arm/v7", false),
        ("linux/arm", "linux/arm/v7", true),
        ("linux/arm", "linux/arm/v4", false),
        ("linux/arm/v4", "linux/arm/v4", true),
        ("linux/arm64", "linux/arm/v8", false),
    ] {
        assert_eq!(
            platform(machine).accepts(&platform(offered)),
            accepts,
            "{machine} {offered}"
        );
    }
}

#[test]
fn this_machine_is_a_linux_that_parses() {
    let this = Platform::of_this_machine();
    assert_eq!(this.os, "linux");
    assert_eq!(platform(&this.to_string()), this);
}
