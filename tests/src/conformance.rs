//! The conformance runner: recorded requests of a real Atlas server, asked again of ours.
//!
//! Takes a folder of recorded cases, gives counts by suite and every difference with its request.
