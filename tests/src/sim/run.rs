//! A run: the world that a seed makes, and the loop that lets things happen in it.
//!
//! ```text
//!   time ─►  beat   publish   query  publish   beat   fault  publish  sync   crash ─► restart ...
//!             │        └── one event by chance, every gap or so
//!             └── what the server does by its clock: heartbeat, sync, trim
//! ```
//!
//! Each event is one step. What an event does and what is checked afterwards stands in the modules
//! below; the first thing that is not as it must be ends the run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use telamon_store::files::{Faults, FaultyFiles, Files};

use super::chance::Chance;
use super::fleet::Fleet;
use super::life::Life;
use super::model::{AlertModel, Model, Sample};
use super::question::Answer;
use super::setting::{Fsync, Setting};
use super::story::Story;
use super::tape::Written;
use super::told::Told;
use super::universe::Universe;
use super::{Counts, Finding};

/// Runs begin here, in the autumn of 2026.
const ORIGIN_MS: i64 = 1_795_000_000_000;

/// The world of one seed.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) setting: Setting,
    pub(super) universe: Universe,
    pub(super) fleet: Fleet,
    pub(super) files: FaultyFiles,
    pub(super) life: Life,
    /// What the wall clock of the machine shows.
    pub(super) wall_ms: i64,
    /// Records that the log must hold, in order.
    pub(super) log: Vec<Entry>,
    /// Records of files that were trimmed before the last start; the removal of a file is not made
    /// durable, so a crash of the machine may bring them back.
    pub(super) trimmed: Vec<Entry>,
    pub(super) log_time_ms: Option<i64>,
    /// By partition: the offset of its next record.
    pub(super) next_offsets: BTreeMap<u16, u64>,
    pub(super) model: Model,
    pub(super) alerts: AlertModel,
    /// Steps that the store has closed and not yet handed out.
    pub(super) expected: VecDeque<Expected>,
    /// All closed steps and changes of alerts since the first record of the log.
    pub(super) closed: Vec<i64>,
    pub(super) told: Vec<Told>,
    pub(super) disk: DiskTruth,
    pub(super) chances: Chances,
    pub(super) counts: Counts,
    pub(super) story: Story,
    rhythms: Rhythms,
}

/// A record, and what it says.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) written: Written,
    pub(super) samples: Vec<Sample>,
    pub(super) is_trimmed: bool,
}

/// A step that must be handed out next.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) slot: i64,
    pub(super) told: Vec<Told>,
    /// What two questions answer at the cuts.
    pub(super) answers: [Vec<Answer>; 2],
}

/// What we did to the disk, and what the log may rely on.
#[derive(Clone, Debug)]
pub(super) struct DiskTruth {
    pub(super) faults: Faults,
    faults_left: u64,
    /// So many records of the log were made durable, as far as the disk has not lied.
    pub(super) durable: usize,
    /// The disk has called a sync a success that was none, since the machine started.
    pub(super) has_lied: bool,
    /// A sync has failed: the log refuses.
    pub(super) is_sync_broken: bool,
    /// The process died with a record in the file that it had not applied.
    pub(super) is_in_doubt: bool,
    /// Bits that were turned over, by file.
    pub(super) flips: BTreeMap<String, BTreeSet<u64>>,
    /// Files that were there when the power went after the disk had lied: any of them may have holes.
    pub(super) suspects: BTreeSet<String>,
}

/// Streams of chance, apart, so that a change in one kind of event leaves the others alone.
#[derive(Debug)]
pub(super) struct Chances {
    events: Chance,
    pub(super) fleet: Chance,
    pub(super) questions: Chance,
    pub(super) faults: Chance,
}

/// When the server does next what it does by the clock.
#[derive(Clone, Copy, Debug)]
struct Rhythms {
    beat_ms: i64,
    sync_ms: i64,
    trim_ms: i64,
}

/// What the server does by the clock.
#[derive(Clone, Copy, Debug)]
enum Beat {
    Heartbeat,
    Sync,
    Trim,
}

impl Run {
    pub(super) fn new(seed: u64, is_told: bool) -> Result<Self, Finding> {
        let mut chance = Chance::new(seed);
        let setting = Setting::new(&mut chance.fork());
        let chances = Chances {
            events: chance.fork(),
            fleet: chance.fork(),
            questions: chance.fork(),
            faults: chance.fork(),
        };
        let files = FaultyFiles::new();
        let (life, _found) = Life::start(&setting, &files)
            .map_err(|error| Finding::new(format!("an empty folder does not open: {error}")))?;
        let wall_ms = ORIGIN_MS + chance.within(0..=100_000);
        let mut run = Self {
            universe: Universe::new(setting.partitions),
            fleet: Fleet::new(&mut chance.fork()),
            files,
            life,
            wall_ms,
            log: Vec::new(),
            trimmed: Vec::new(),
            log_time_ms: None,
            next_offsets: BTreeMap::new(),
            model: Model::new(&setting),
            alerts: AlertModel::new(&setting),
            expected: VecDeque::new(),
            closed: Vec::new(),
            told: Vec::new(),
            disk: DiskTruth {
                faults: Faults::NONE,
                faults_left: 0,
                durable: 0,
                has_lied: false,
                is_sync_broken: false,
                is_in_doubt: false,
                flips: BTreeMap::new(),
                suspects: BTreeSet::new(),
            },
            chances,
            counts: Counts::default(),
            story: Story::new(is_told, wall_ms),
            rhythms: Rhythms {
                beat_ms: 0,
                sync_ms: 0,
                trim_ms: 0,
            },
            setting,
        };
        run.set_rhythms();
        run.tell(|run| format!("{:?}", run.setting));
        Ok(run)
    }

    /// Lets one event happen.
    pub(super) fn step(&mut self) -> Result<(), Finding> {
        let gap_ms = self.setting.gap_ms;
        let next_ms = self.wall_ms + self.chances.events.within(0..=2 * gap_ms);
        self.counts.steps += 1;
        if let Some((at_ms, beat)) = self.due_by(next_ms) {
            self.wall_ms = self.wall_ms.max(at_ms);
            self.counts.beats += 1;
            return self.beat(beat);
        }
        self.wall_ms = next_ms;
        self.weather();
        match self.chances.events.below(1_000) {
            0..=699 => {
                self.counts.publishes += 1;
                self.publish()
            }
            700..=939 => {
                self.counts.queries += 1;
                self.ask()
            }
            940..=969 => {
                self.counts.faults += 1;
                self.break_disk();
                Ok(())
            }
            970..=981 => {
                self.counts.clock_steps += 1;
                self.step_clock();
                Ok(())
            }
            982..=985 => {
                self.counts.pauses += 1;
                self.pause();
                Ok(())
            }
            _ => {
                self.counts.crashes += 1;
                self.crash()
            }
        }
    }

    /// Adds to the story.
    pub(super) fn tell(&mut self, text: impl FnOnce(&Self) -> String) {
        let mut story = std::mem::replace(&mut self.story, Story::new(false, 0));
        story.tell(self.counts.steps, self.wall_ms, || text(self));
        self.story = story;
    }

    /// The first thing that the server does by its clock until then.
    fn due_by(&mut self, until_ms: i64) -> Option<(i64, Beat)> {
        let Rhythms {
            beat_ms,
            sync_ms,
            trim_ms,
        } = self.rhythms;
        let (at_ms, beat) = [
            (beat_ms, Beat::Heartbeat),
            (sync_ms, Beat::Sync),
            (trim_ms, Beat::Trim),
        ]
        .into_iter()
        .min_by_key(|(at_ms, _)| *at_ms)?;
        (at_ms <= until_ms).then_some((at_ms, beat))
    }

    fn beat(&mut self, beat: Beat) -> Result<(), Finding> {
        let done = match beat {
            Beat::Heartbeat => self.heartbeat(),
            Beat::Sync => self.sync(),
            Beat::Trim => self.trim(),
        };
        self.set_rhythms();
        done
    }

    /// The next moments of all rhythms after now.
    pub(super) fn set_rhythms(&mut self) {
        let now_ms = self.wall_ms;
        let after = |period_ms: i64, phase_ms: i64| {
            ((now_ms - phase_ms).div_euclid(period_ms) + 1) * period_ms + phase_ms
        };
        let step_ms = self.setting.step_ms;
        let phase_ms = (step_ms * 9 / 10 + 2_000) % step_ms;
        self.rhythms = Rhythms {
            beat_ms: after(step_ms, phase_ms),
            sync_ms: match self.setting.fsync {
                Fsync::Interval(every_ms) => after(every_ms, 0),
                Fsync::Always | Fsync::Never => i64::MAX,
            },
            trim_ms: after(self.setting.trim_ms, 0),
        };
    }

    /// Faults pass.
    fn weather(&mut self) {
        if self.disk.faults == Faults::NONE {
            return;
        }
        self.disk.faults_left = self.disk.faults_left.saturating_sub(1);
        if self.disk.faults_left == 0 {
            self.set_faults(Faults::NONE);
            self.tell(|_| "the disk works again".to_owned());
        }
    }

    pub(super) fn set_faults(&mut self, faults: Faults) {
        self.disk.faults = faults;
        self.disk.has_lied |= faults.sync_lies;
        self.files.set_faults(faults);
    }

    fn break_disk(&mut self) {
        let used = self.disk_bytes();
        let chance = &mut self.chances.faults;
        let few = chance.below(200);
        let mut faults = Faults::NONE;
        match chance.below(9) {
            0..=2 => faults.disk_bytes_max = Some(used + few),
            3 => faults.write_bytes_max = Some(few),
            4 => {
                faults.write_bytes_max = Some(few);
                faults.truncate_fails = true;
            }
            5 => faults.sync_fails = true,
            6 => faults.sync_lies = true,
            7 => faults.unwritable = true,
            _ => {
                faults.remove_fails = true;
                faults.disk_bytes_max = Some(used + few);
                faults.truncate_fails = chance.one_in(2);
            }
        }
        self.disk.faults_left = chance.below(8) + 1;
        self.set_faults(faults);
        self.tell(|run| format!("fault: {:?}", run.disk.faults));
    }

    fn disk_bytes(&self) -> u64 {
        let names = self.files.list().unwrap_or_default();
        let length = |name: &String| self.files.bytes(name).map_or(0, |bytes| bytes.len());
        names.iter().map(|name| length(name) as u64).sum()
    }

    /// Somebody sets the clock of the machine.
    fn step_clock(&mut self) {
        let step_ms = self.setting.step_ms;
        let chance = &mut self.chances.events;
        let by_ms = match chance.below(4) {
            0 => chance.within(-50..=50),
            1 => chance.within(-step_ms..=step_ms),
            2 => chance.within(-60_000..=0),
            _ => chance.within(0..=120_000),
        };
        self.wall_ms += by_ms;
        if by_ms < 0 {
            self.set_rhythms();
        }
        self.tell(|_| format!("the clock steps by {by_ms} ms"));
    }

    /// Nothing runs for a while, as on a suspended machine.
    fn pause(&mut self) {
        let chance = &mut self.chances.events;
        let longest_ms = match chance.below(4) {
            0 => 3 * self.setting.step_ms,
            1 => 200_000,
            2 => self.setting.forget_after_ms(),
            _ => self.setting.retention_ms * 2,
        };
        let for_ms = chance.within(0..=longest_ms);
        self.wall_ms += for_ms;
        self.tell(|_| format!("the machine sleeps for {for_ms} ms"));
    }
}
