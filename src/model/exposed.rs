//! What an image says that it listens on and keeps data in: `ExposedPorts` and `Volumes` of its configuration.

use std::collections::BTreeSet;

use serde_json::Value;

/// Ports and volumes of an image, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exposed {
    pub ports: BTreeSet<Port>,
    /// Absolute paths in the container.
    pub volumes: BTreeSet<String>,
}

/// A port of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    pub number: u16,
    pub protocol: Protocol,
}

/// What Kubernetes knows (`core/v1` `Protocol`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }
}

impl Exposed {
    /// Of an image configuration (OCI image-spec `config.md`). What is no port, or no path, is passed over.
    pub fn of_config(config: &Value) -> Self {
        // Docker's own field, and OpenShift's name for it (`dockerImageMetadata.Config`).
        let config = config.get("config").or_else(|| config.get("Config"));
        let keys = |field: &str| -> Vec<&String> {
            config
                .and_then(|config| config.get(field))
                .and_then(Value::as_object)
                .map(|entries| entries.keys().collect())
                .unwrap_or_default()
        };
        Self {
            ports: keys("ExposedPorts")
                .into_iter()
                // One key may hold several, parted by spaces.
                .flat_map(|key| key.split_whitespace())
                .filter_map(Port::parse)
                .collect(),
            volumes: keys("Volumes")
                .into_iter()
                .filter(|path| path.starts_with('/'))
                .cloned()
                .collect(),
        }
    }
}

impl Port {
    /// `8080/tcp`; without a protocol it is TCP.
    fn parse(text: &str) -> Option<Self> {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        Some(Self {
            number: number.parse().ok().filter(|number| *number > 0)?,
            protocol: match protocol.to_ascii_lowercase().as_str() {
                "tcp" | "" => Protocol::Tcp,
                "udp" => Protocol::Udp,
                "sctp" => Protocol::Sctp,
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ports_and_volumes_come_in_order() {
        let config = json!({"config": {
            "ExposedPorts": {"9090/udp": {}, "8080/tcp": {}, "80": {}, "443/tcp 444/TCP": {}, "0/tcp": {}, "x/tcp": {}, "1/icmp": {}, "70000/tcp": {}},
            "Volumes": {"/var/lib/data": {}, "relative": {}, "/cache": {}},
        }});
        let exposed = Exposed::of_config(&config);
        let ports: Vec<String> = exposed
            .ports
            .iter()
            .map(|port| format!("{}/{}", port.number, port.protocol.word()))
            .collect();
        assert_eq!(
            ports,
            ["80/TCP", "443/TCP", "444/TCP", "8080/TCP", "9090/UDP"]
        );
        let volumes: Vec<&str> = exposed.volumes.iter().map(String::as_str).collect();
        assert_eq!(volumes, ["/cache", "/var/lib/data"]);
    }

    #[test]
    fn an_image_may_say_nothing() {
        for config in [
            json!({}),
            json!({"config": null}),
            json!({"config": {"ExposedPorts": null}}),
            json!([]),
        ] {
            assert_eq!(Exposed::of_config(&config), Exposed::default());
        }
        let of_import = json!({"Config": {"ExposedPorts": {"8080/tcp": {}}}});
        assert_eq!(Exposed::of_config(&of_import).ports.len(), 1);
    }
}
