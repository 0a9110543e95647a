//! Library behind the `kubectl-extreg` plugin.
