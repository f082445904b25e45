//! The datagram listener: gives every datagram to a callback, many per system call.
//!
//! Bounded by the kernel's receive buffer, which is asked to be large: there is no queue of ours
//! behind it, the callback runs at once. Datagrams beyond it are lost, which the protocol allows.

use std::io::{self, IoSliceMut};
use std::net::UdpSocket;

use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use tokio::io::Interest;

use crate::tasks::Stop;

/// The largest datagram of UDP.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// Asks the kernel for a receive buffer. What it grants may be less.
///
/// # Errors
/// If the system refuses even the question.
pub(crate) fn enlarge_buffer(socket: &UdpSocket, bytes: usize) -> io::Result<usize> {
    let socket = socket2::SockRef::from(socket);
    socket.set_recv_buffer_size(bytes)?;
    socket.recv_buffer_size()
}

/// Receives until the server stops, then drains what the kernel still holds.
///
/// # Errors
/// If the socket cannot be set up.
pub(crate) async fn receive(
    socket: UdpSocket,
    mut stop: Stop,
    mut take: impl FnMut(&[u8]) + Send,
) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    let socket = tokio::net::UdpSocket::from_std(socket)?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    // The kernel may join datagrams of one sender, up to the size of one buffer.
    let mut storage = vec![0; DATAGRAM_BYTES_MAX * BATCH_SIZE];
    loop {
        tokio::select! {
            ready = socket.readable() => ready?,
            () = stop.requested() => {
                // Asks the kernel itself: the runtime may not have noticed yet that there is more.
                while give_batch(&mut storage, &mut take, |slices, metas| {
                    state.recv(UdpSockRef::from(&socket), slices, metas)
                })? {}
                return Ok(());
            }
        }
        let given = give_batch(&mut storage, &mut take, |slices, metas| {
            socket.try_io(Interest::READABLE, || {
                state.recv(UdpSockRef::from(&socket), slices, metas)
            })
        });
        match given {
            Ok(_) => {}
            // A reply to something we never sent; the socket itself is fine.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => return Err(error),
        }
    }
}

/// Gives one system call's worth of datagrams. Whether there was any.
fn give_batch(
    storage: &mut [u8],
    take: &mut impl FnMut(&[u8]),
    receive: impl FnOnce(&mut [IoSliceMut<'_>], &mut [RecvMeta]) -> io::Result<usize>,
) -> io::Result<bool> {
    let buffer_bytes = storage.len() / BATCH_SIZE;
    let mut metas = [RecvMeta::default(); BATCH_SIZE];
    let mut slices: Vec<IoSliceMut<'_>> = storage
        .chunks_exact_mut(buffer_bytes)
        .map(IoSliceMut::new)
        .collect();
    let count = match receive(&mut slices, &mut metas) {
        Ok(count) => count,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
        Err(error) => return Err(error),
    };
    drop(slices);
    for (buffer, meta) in storage.chunks_exact(buffer_bytes).zip(&metas).take(count) {
        let joined = &buffer[..meta.len];
        if joined.is_empty() {
            continue;
        }
        for datagram in joined.chunks(meta.stride.max(1)) {
            take(datagram);
        }
    }
    Ok(count > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::tasks::Tasks;

    #[tokio::test]
    async fn every_datagram_arrives_whole_and_the_rest_is_drained_at_a_stop() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        enlarge_buffer(&socket, 1 << 20).unwrap();
        let address = socket.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tasks = Tasks::new();
        let (stop, sink) = (tasks.stop_signal(), Arc::clone(&seen));
        tasks.start("udp", async move {
            receive(socket, stop, |datagram| {
                sink.lock().unwrap().push(datagram.to_vec())
            })
            .await
            .unwrap();
        });
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sent: Vec<Vec<u8>> = (0..50_u8)
            .map(|index| vec![index; 100 + usize::from(index) * 20])
            .collect();
        for datagram in &sent {
            sender.send_to(datagram, address).unwrap();
        }
        sender.send_to(&vec![7; 60_000], address).unwrap();
        assert!(tasks.join(Duration::from_secs(5)).await.is_empty());
        let seen = seen.lock().unwrap();
        assert_eq!(&seen[..50], &sent[..]);
        assert_eq!(seen[50].len(), 60_000);
    }
}
