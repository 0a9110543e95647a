//! `node_scripts`.
