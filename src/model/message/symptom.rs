//! What a failure's words say, before anybody asks what they mean: one [`Symptom`] a text.
//!
//! A symptom is what is written, not a cause: `unauthorized` is a symptom that a dozen causes share. What a symptom can
//! mean is `doctor::reading`'s business.

/// Declares an enum whose variants have a stable word each.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$inner])* $variant,)* }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable word, as JSON has it.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.id())
            }
        }
    };
}

words! {
    /// Whose words these are: the innermost speaker that can be told, because its words decide how they are read.
    Runtime {
        /// The kubelet itself, or its words around a runtime that cannot be told.
        Kubelet "kubelet",
        /// containerd, and what is built on its resolver: ctr, nerdctl, BuildKit, crictl in front of it.
        Containerd "containerd",
        CriO "cri-o",
        /// dockerd and the docker command.
        Docker "docker",
        /// containers/image outside CRI-O: podman, skopeo, buildah.
        Buildah "buildah",
        /// openshift-apiserver's importer, and `oc` in front of it.
        OpenshiftImport "openshift-import",
        /// A builder of OpenShift, of version 3 or 4.
        OpenshiftBuild "openshift-build",
        /// go-containerregistry (crane, ko, kaniko), `oc image`, and whatever nothing else fits.
        Other "other",
    }
}

words! {
    /// What was being done.
    Operation {
        Pull "pull",
        Push "push",
        /// Of an image stream.
        Import "import",
    }
}

words! {
    /// What the words say.
    Symptom {
        /// 401, UNAUTHORIZED, "authentication required", and no reason given.
        Unauthorized "unauthorized",
        /// 403, DENIED, `insufficient_scope`, "pull access denied": the registry's own code or words.
        Denied "denied",
        /// "no basic auth credentials": Basic is wanted, and the client has nothing to send.
        NoBasicAuth "no-basic-auth",
        /// The registry says that user name and password are wrong.
        WrongLogin "wrong-login",
        /// containers/image's "invalid username/password", which it also says when nothing was sent.
        InvalidLogin "invalid-login",
        /// The credential's own age is named.
        TokenExpired "token-expired",
        /// A cloud's rights management names the missing right.
        MissingRight "missing-right",
        /// The kubelet's warning that a pull secret could not be read; no failure by itself.
        PullSecretUnread "pull-secret-unread",
        /// A pull secret, or the login of the machine, does not decode.
        UndecodableSecret "undecodable-secret",
        /// A secret is of no type, or lacks the key, that the reader takes.
        SecretKeyAbsent "secret-key-absent",
        /// An object names a secret that is not there.
        SecretAbsent "secret-absent",
        /// The helper program or the platform that gives credentials fails.
        CredentialHelper "credential-helper",
        /// The text is no image reference.
        InvalidReference "invalid-reference",
        /// The search for a name without registry is what fails.
        ShortName "short-name",
        /// MANIFEST_UNKNOWN: the repository is answered for, the tag or digest is not.
        ManifestUnknown "manifest-unknown",
        /// NAME_UNKNOWN, or words that name the repository as missing.
        NameUnknown "name-unknown",
        /// "not found" without a code that says what.
        NotFound "not-found",
        /// A blob (config or layer) is missing, or is not what its digest says.
        BlobUnknown "blob-unknown",
        /// An index lists no image for the platform, or a binary of another one was started.
        NoPlatform "no-platform",
        /// A manifest or layer of a kind that the speaker does not take.
        UnsupportedManifest "unsupported-manifest",
        /// HTML, or anything else that is no answer of a registry.
        NotRegistryAnswer "not-registry-answer",
        /// The host name does not resolve.
        NoSuchHost "no-such-host",
        /// The connection is refused.
        Refused "refused",
        /// No route to host, network unreachable.
        Unreachable "unreachable",
        /// Connection, handshake or answer do not come in time.
        Timeout "timeout",
        /// Cut in the middle: reset, EOF, broken pipe.
        Reset "reset",
        /// The proxy is named as what fails.
        Proxy "proxy",
        /// A status without any word of a registry: what a proxy answers to CONNECT.
        BareStatus "bare-status",
        UnknownAuthority "unknown-authority",
        /// Expired or not yet valid by the speaker's clock, in the one wording that Go has for both.
        CertificateDates "certificate-dates",
        CertificateNotYetValid "certificate-not-yet-valid",
        CertificateNames "certificate-names",
        /// Plain HTTP where TLS was spoken.
        HttpResponse "http-response",
        /// TLS where plain HTTP was spoken.
        HttpToHttps "http-to-https",
        /// Any other failure of the handshake, among them a client certificate that is wanted.
        Handshake "handshake",
        Blocked "blocked",
        NotAllowed "not-allowed",
        ImportNotAllowed "import-not-allowed",
        /// A signature is missing or is rejected.
        Signature "signature",
        /// A signature policy, or the node's registries.conf, does not parse.
        NodeConfiguration "node-configuration",
        /// The registry refuses the image for what was found in it.
        Quarantined "quarantined",
        /// 429.
        RateLimit "rate-limit",
        /// 5xx, or what breaks the protocol.
        ServerError "server-error",
        /// The token service is what fails.
        TokenService "token-service",
        /// A token is refused for its times, or its signature's.
        TokenTimes "token-times",
        NoSpace "no-space",
        /// `input/output error`, a store that is damaged, a layer that cannot be registered.
        Storage "storage",
        /// The pull policy forbids a pull, and the image is not there.
        NeverPull "never-pull",
        /// The runtime itself is the failure: not running, out of ids, cancelled.
        RuntimeFault "runtime-fault",
        /// The container failed after the pull.
        AfterPull "after-pull",
        /// Back-off, `ErrImagePull`, `PullBuilderImageFailed`: a failure is named, no cause is.
        NoCause "no-cause",
        /// Something failed, in words that nothing here knows.
        Other "other",
        /// The text speaks of no failure.
        Nothing "nothing",
    }
}
