//! kubeconfig files for a server.

use base64::Engine as _;

/// What a kubeconfig says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kubeconfig<'a> {
    pub(crate) server: &'a str,
    pub(crate) ca_pem: Option<&'a str>,
    pub(crate) namespace: &'a str,
    pub(crate) user: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
}

impl Kubeconfig<'_> {
    /// The file.
    pub(crate) fn to_yaml(self) -> String {
        let ca = self.ca_pem.map_or_else(String::new, |pem| {
            let coded = base64::engine::general_purpose::STANDARD.encode(pem);
            format!("    certificate-authority-data: {coded}\n")
        });
        let credentials = match (self.token, self.password) {
            (Some(token), _) => format!("    token: {token:?}\n"),
            (None, Some(password)) => {
                format!(
                    "    username: {:?}\n    password: {password:?}\n",
                    self.user
                )
            }
            (None, None) => "    {}\n".to_owned(),
        };
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: test\n  cluster:\n    server: \
             {:?}\n{ca}contexts:\n- name: test\n  context:\n    cluster: test\n    user: {:?}\n    namespace: \
             {:?}\nusers:\n- name: {:?}\n  user:\n{credentials}",
            self.server, self.user, self.namespace, self.user,
        )
    }
}
