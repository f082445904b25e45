//! Files that are kept beside the tests: what was drawn before, compared with what is drawn now.
//!
//! Takes names and bytes; gives a list of what differs, as text and as a page to look at, with the old
//! picture, the new one and where they differ. With `UPDATE_EXPECT=1` in the environment, as inline
//! expected values have it, the files are written instead. What is drawn belongs to others.

mod report;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// A folder of kept files during one comparison.
#[derive(Debug)]
pub struct Kept {
    folder: PathBuf,
    report: PathBuf,
    /// How the files are drawn anew.
    command: &'static str,
    is_updating: bool,
    compared: BTreeSet<String>,
    differing: Vec<Differing>,
}

/// A file that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Differing {
    name: String,
    /// `None` where nothing is kept by this name.
    before: Option<Vec<u8>>,
    /// `None` where nothing is drawn by this name.
    now: Option<Vec<u8>>,
}

impl Kept {
    /// Files of `folder` (from the root of the project), whose differences go to a page with the
    /// name `report` in `target/pictures`.
    pub fn new(folder: &str, report: &str, command: &'static str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        let root = root.expect("tests/ lies in the project");
        #[expect(
            clippy::disallowed_methods,
            reason = "the switch that expect-test has for inline values"
        )]
        let switch = std::env::var("UPDATE_EXPECT");
        Self {
            folder: root.join(folder),
            report: root.join("target/pictures").join(report),
            command,
            is_updating: switch.is_ok_and(|value| value == "1"),
            compared: BTreeSet::new(),
            differing: Vec::new(),
        }
    }

    /// The same files, which are written and not compared.
    #[must_use]
    pub fn updating(self) -> Self {
        Self {
            is_updating: true,
            ..self
        }
    }

    /// Compares a file, or writes it.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn compare(&mut self, name: &str, now: &[u8]) -> anyhow::Result<()> {
        self.compared.insert(name.to_owned());
        let path = self.folder.join(name);
        let before = path.exists().then(|| fs::read(&path)).transpose();
        let before = before.with_context(|| path.display().to_string())?;
        if before.as_deref() != Some(now) {
            self.differing.push(Differing {
                name: name.to_owned(),
                before,
                now: Some(now.to_vec()),
            });
        }
        Ok(())
    }

    /// Ends the comparison, with what is kept and was not drawn. Where files are written, gives the
    /// names of those that changed.
    ///
    /// # Errors
    /// When something differs; the text names the page and the command.
    pub fn finish(mut self) -> anyhow::Result<Vec<String>> {
        self.add_not_drawn()?;
        let names: Vec<String> = self
            .differing
            .iter()
            .map(|file| file.name.clone())
            .collect();
        if self.is_updating {
            self.write_files()?;
            return Ok(names);
        }
        if names.is_empty() {
            return Ok(names);
        }
        let folder = self.report.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder)?;
        fs::write(&self.report, report::page(&self.differing))?;
        let mut told = String::new();
        for file in &self.differing {
            write!(told, "\n  {}: {}", file.name, report::summary(file))?;
        }
        bail!(
            "{} files of {} differ:{told}\nlook at them: {}\nif they are right: {}",
            names.len(),
            self.folder.display(),
            self.report.display(),
            self.command
        )
    }

    fn add_not_drawn(&mut self) -> anyhow::Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !self.compared.contains(&name) {
                left.push(Differing {
                    before: Some(fs::read(entry.path())?),
                    now: None,
                    name,
                });
            }
        }
        left.sort_by(|a, b| a.name.cmp(&b.name));
        self.differing.append(&mut left);
        Ok(())
    }

    fn write_files(&self) -> anyhow::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for file in &self.differing {
            let path = self.folder.join(&file.name);
            match &file.now {
                Some(bytes) => fs::write(&path, bytes),
                None => fs::remove_file(&path),
            }
            .with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(folder: &Path, is_updating: bool) -> Kept {
        Kept {
            folder: folder.join("kept"),
            report: folder.join("pages/report.html"),
            command: "draw them again",
            is_updating,
            compared: BTreeSet::new(),
            differing: Vec::new(),
        }
    }

    #[test]
    fn what_was_written_is_equal_and_anything_else_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let written = |names: &[(&str, &str)], is_updating| {
            let mut kept = kept(folder.path(), is_updating);
            for (name, text) in names {
                kept.compare(name, text.as_bytes()).unwrap();
            }
            kept.finish()
        };
        let both = [("a.txt", "one\ntwo\n"), ("b.txt", "x\n")];
        assert_eq!(written(&both, true).unwrap(), ["a.txt", "b.txt"]);
        assert_eq!(written(&both, true).unwrap(), [""; 0]);
        written(&both, false).unwrap();
        assert!(!folder.path().join("pages").exists());
        let other = [("a.txt", "one\n2\n"), ("c.txt", "y\n")];
        let told = written(&other, false).unwrap_err().to_string();
        for part in [
            "3 files",
            "a.txt: ",
            "b.txt: ",
            "c.txt: ",
            "draw them again",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let page = fs::read_to_string(folder.path().join("pages/report.html")).unwrap();
        assert!(page.contains("-two") && page.contains("+2"), "{page}");
        written(&other, true).unwrap();
        written(&other, false).unwrap();
        assert!(!folder.path().join("kept/b.txt").exists());
    }
}
