//! From evidence to one cause a target.
