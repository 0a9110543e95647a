//! One file a verb: gather, plan or diagnose, apply or print.
