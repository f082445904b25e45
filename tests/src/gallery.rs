//! The gallery: graphs of a made-up shop, drawn by a real server over HTTP, and the page around them.
//!
//! Takes nothing but the project: data, clock and fonts are its own, so the same files come out on
//! every run and machine. [`world`] makes the data, [`graphs`] says what is asked, [`page`] writes the
//! page; [`sheet`] puts pictures of ours beside recorded ones for people to look at.
//!
//! ```text
//!   world ─► house (held clock) ─► GET each graph ─► pictures ─┐
//!   graphs ────────────────────────────────────────► README.md ┴─► docs/gallery
//! ```

pub mod graphs;
pub mod page;
pub mod sheet;
pub mod world;

use std::net::SocketAddr;

use anyhow::ensure;

use crate::conformance::wire::Connection;
use crate::house::House;
use graphs::GRAPHS;
use world::World;

/// Where the gallery lies, from the root of the project.
pub const FOLDER: &str = "docs/gallery";
/// What draws it anew.
pub const COMMAND: &str = "cargo run -p telamon-tests --bin gallery";

/// A file of the gallery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Its name in the folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// A server with the world in it, whose clock stands where the world ends.
///
/// # Errors
/// When it does not start or refuses data.
pub fn house(listen: Option<SocketAddr>) -> anyhow::Result<House> {
    let world = World::new();
    House::open_loaded(world::CONFIG, world::END_MS, listen, world.hours())
}

/// Draws everything: the page first, then what it shows in the order of the page.
///
/// # Errors
/// When a graph is not answered with what the page says it is.
pub fn draw() -> anyhow::Result<Vec<Drawn>> {
    let house = house(None)?;
    let mut files = vec![Drawn {
        name: "README.md".to_owned(),
        bytes: page::write().into_bytes(),
    }];
    let mut connection = Connection::new(house.http_address());
    for graph in GRAPHS {
        files.push(Drawn {
            name: graph.file(),
            bytes: ask(&mut connection, graph.url)?,
        });
    }
    Ok(files)
}

/// The answer to a graph as a browser gets it.
///
/// # Errors
/// When it is not 200.
pub fn ask(connection: &mut Connection, url: &str) -> anyhow::Result<Vec<u8>> {
    // Who looks at pictures gets an error as a picture.
    let headers = [("User-Agent".to_owned(), "Mozilla/5.0".to_owned())];
    let answer = connection.send("GET", &escaped(url), &headers, None)?;
    ensure!(
        answer.status == 200,
        "{url}: {} {}",
        answer.status,
        answer.text()
    );
    Ok(answer.body)
}

/// A URL as it goes over the wire: browsers escape what is not ASCII.
fn escaped(url: &str) -> String {
    let mut text = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'!'..=b'~' => text.push(char::from(byte)),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}
