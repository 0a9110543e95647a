//! What a verb wants to change, as a value: made without I/O, shown, then written by [`crate::apply`].
