//! The only writer: rights first, the server's dry run, the journal, then the writes, each retried on conflict.
