//! `WWW-Authenticate`, by RFC 9110 section 11, with the spellings that registries really send.

/// One challenge. The scheme is lower case; parameters keep their order and their spelling, names are lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub scheme: String,
    pub params: Vec<(String, String)>,
}

impl Challenge {
    pub fn is_bearer(&self) -> bool {
        self.scheme == "bearer"
    }
    pub fn is_basic(&self) -> bool {
        self.scheme == "basic"
    }
    /// The first parameter of that name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// All challenges of all header values, in order. Never fails: what cannot be read is left out.
pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    values.into_iter().for_each(drop);
    todo!()
}

/// The one to answer: Bearer with a realm first, then Basic (the order of containers/image and containerd).
pub fn preferred(challenges: &[Challenge]) -> Option<&Challenge> {
    todo!("{challenges:?}")
}
