//! Asks a server what a real Atlas server was asked, and compares the answers.

fn main() {}
