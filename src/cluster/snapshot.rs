//! What planners and doctor read from a namespace and from the cluster's configuration, gathered once, each part with the
//! reason when it could not be read.
