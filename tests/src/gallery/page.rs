//! The page of the gallery: what each picture shows, the URL that draws it, and the picture.

use std::fmt::Write as _;

use super::COMMAND;
use super::graphs::{GRAPHS, Graph};

const HEAD: &str = "# Gallery
What `/api/v1/graph` draws, each picture with the URL that a browser would be given.
The data is a made-up shop of a few services: ten days and eighteen hours up to the evening of Thursday, 12 March 2026, when a new version of checkout went wrong.
[The API](../api/graph.md) has all parameters, [the language](../language/README.md) all words.

The same server, its clock standing at that evening, for trying URLs of your own:

```
";

/// The text of the page.
pub fn write() -> String {
    let mut page = format!("{HEAD}{COMMAND} -- serve\n```\n");
    let mut section = "";
    for graph in GRAPHS {
        if graph.section != section {
            section = graph.section;
            write!(page, "\n## {section}\n").expect("a string takes everything");
        }
        write_graph(&mut page, graph).expect("a string takes everything");
    }
    let end = format!(
        "\n----\nThis page and its pictures are drawn by `{COMMAND}`; a test draws them again and compares every byte.\n"
    );
    page + &end
}

fn write_graph(page: &mut String, graph: &Graph) -> std::fmt::Result {
    let file = graph.file();
    writeln!(page, "\n### {}\n{}", graph.title, graph.shows)?;
    writeln!(page, "\n```\n{}\n```\n", graph.url)?;
    if graph.is_picture() {
        writeln!(page, "![{}]({file})", graph.title)
    } else {
        writeln!(page, "[{file}]({file})")
    }
}
