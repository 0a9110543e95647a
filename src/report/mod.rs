//! How a diagnosis looks: text, and JSON version 1.
