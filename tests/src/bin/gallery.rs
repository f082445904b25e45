//! Draws the gallery of `docs/gallery`, serves its data, or lays pictures beside recorded ones.

#![expect(
    clippy::print_stdout,
    reason = "this program is for people and CI logs"
)]

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use telamon_tests::conformance::PUBLIC_ORACLE;
use telamon_tests::gallery::{self, sheet};
use telamon_tests::kept::Kept;

/// Pictures for people to look at.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Draws the page and its pictures into docs/gallery (what is done without a command).
    Draw,
    /// Starts the server of the gallery, for any browser.
    Serve {
        /// Address to listen on.
        #[arg(long, default_value = "127.0.0.1:7101")]
        listen: SocketAddr,
    },
    /// Draws recorded requests in both styles beside the recorded pictures, as pages in a folder
    /// outside the project.
    Compare {
        /// Where the pages go.
        folder: PathBuf,
        /// Folder of the records.
        #[arg(long, default_value = PUBLIC_ORACLE)]
        oracle: PathBuf,
        /// Only requests that hold this text.
        #[arg(long)]
        filter: Option<String>,
        /// Most pictures, chosen to be different.
        #[arg(long, default_value_t = 40)]
        count: usize,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command.unwrap_or(Command::Draw) {
        Command::Draw => draw(),
        Command::Serve { listen } => serve(listen),
        Command::Compare {
            folder,
            oracle,
            filter,
            count,
        } => {
            let choice = sheet::Choice { filter, count };
            println!("{}", sheet::write(&oracle, &folder, &choice)?);
            Ok(())
        }
    }
}

fn draw() -> anyhow::Result<()> {
    let mut kept = Kept::new(gallery::FOLDER, "gallery.html", gallery::COMMAND).updating();
    let files = gallery::draw()?;
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    for file in &files {
        kept.compare(&file.name, &file.bytes)?;
    }
    for name in kept.finish()? {
        println!("changed: {name}");
    }
    println!("{}: {} files, {bytes} bytes", gallery::FOLDER, files.len());
    Ok(())
}

fn serve(listen: SocketAddr) -> anyhow::Result<()> {
    let house = gallery::house(Some(listen))?;
    println!("the shop listens on http://{}", house.http_address());
    loop {
        std::thread::park();
    }
}
