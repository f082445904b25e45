//! Sockets: one module per transport.

pub(crate) mod http;
pub(crate) mod udp;
