//! The `link` command that makes something again that `undo` can not bring back.

use super::Purposes;
use super::naming;

/// What a command has to say to make a link again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again<'a> {
    /// How the tool is called: `oc extreg`.
    pub program: &'a str,
    pub registry: &'a str,
    pub namespace: &'a str,
    pub secret: &'a str,
    pub accounts: &'a [String],
    pub purposes: Purposes,
}

impl Again<'_> {
    /// The command line, ready to paste; credentials come as they always do.
    pub fn command(&self) -> String {
        let mut command = format!(
            "{} link {} -n {}",
            self.program, self.registry, self.namespace
        );
        if naming::secret_name(self.registry) != self.secret {
            command.extend([" --name ", self.secret]);
        }
        if self.purposes != Purposes::PULL {
            let words = self.purposes.to_string().replace(", ", ",");
            command.extend([" --for ", &words]);
        }
        let usual = if self.purposes == Purposes::PUSH {
            "builder"
        } else {
            "default"
        };
        if self.accounts.iter().any(|account| account != usual) || self.purposes == Purposes::BOTH {
            for account in self.accounts {
                command.extend([" -z ", account]);
            }
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_says_no_more_than_it_has_to() {
        let accounts = ["default".to_owned()];
        let usual = Again {
            program: "oc extreg",
            registry: "quay.io",
            namespace: "shop",
            secret: "extreg-quay.io",
            accounts: &accounts,
            purposes: Purposes::PULL,
        };
        assert_eq!(usual.command(), "oc extreg link quay.io -n shop");
        let accounts = ["ci".to_owned()];
        let other = Again {
            secret: "mine",
            accounts: &accounts,
            purposes: Purposes::BOTH,
            ..usual
        };
        assert_eq!(
            other.command(),
            "oc extreg link quay.io -n shop --name mine --for pull,push -z ci"
        );
    }
}
