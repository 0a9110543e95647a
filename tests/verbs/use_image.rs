//! `use_image`.
