//! The command line: clap types only; their doc comments are the help.
