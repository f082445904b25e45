use proptest::prelude::*;

use super::*;

fn options(step_ms: i64, block_slots: u32) -> Options {
    Options {
        step: Step::from_millis(step_ms).unwrap(),
        partitions: PartitionCount::new(1).unwrap(),
        block_slots,
        retention_ms: 86_400_000,
        age_max_ms: 60_000.max(2 * step_ms),
    }
}

#[test]
fn an_hour_is_one_block_and_its_first_slot_ends_one_step_after_its_boundary() {
    let calendar = Calendar::new(&options(10_000, 360));
    let hour = BlockIndex(5);
    assert_eq!(
        calendar.block_range(hour),
        SlotRange {
            start: Slot(1801),
            end: Slot(2161)
        }
    );
    let lengths: Vec<usize> = (0..6)
        .map(|place| calendar.mini_range(MiniIndex(5 * 6 + place)).len())
        .collect();
    assert_eq!(lengths, [64, 64, 64, 64, 64, 40]);
}

#[test]
fn a_slot_seals_after_the_age_and_the_longest_fill() {
    let calendar = Calendar::new(&options(10_000, 360));
    let end = calendar.step.end_of(Slot(100));
    assert_eq!(calendar.first_open(end.plus_millis(180_000)), Slot(100));
    assert_eq!(calendar.first_open(end.plus_millis(180_001)), Slot(101));
}

#[test]
fn a_step_is_due_one_second_after_the_next_at_ten_seconds_and_56_seconds_at_a_minute() {
    for (step_ms, after_ms) in [(10_000, 11_000), (60_000, 56_000)] {
        let calendar = Calendar::new(&options(step_ms, 60));
        let end = calendar.step.end_of(Slot(7));
        assert_eq!(calendar.last_due(end.plus_millis(after_ms - 1)), Slot(6));
        assert_eq!(calendar.last_due(end.plus_millis(after_ms)), Slot(7));
    }
}

#[test]
fn options_that_cannot_work_are_refused() {
    let good = options(10_000, 360);
    assert_eq!(good.check(), Ok(()));
    let empty = Options {
        block_slots: 0,
        ..good
    };
    assert_eq!(empty.check(), Err(OptionsError::EmptyBlock));
    let short = Options {
        retention_ms: 7_200_000,
        ..good
    };
    assert_eq!(
        short.check(),
        Err(OptionsError::RetentionTooShort {
            retention_ms: 7_200_000,
            least_ms: 7_380_000
        })
    );
    let endless = Options {
        retention_ms: i64::MAX,
        ..good
    };
    assert_eq!(endless.check(), Err(OptionsError::TooLong));
}

proptest! {
    #[test]
    fn every_slot_lies_in_the_tile_mini_block_and_block_that_claim_it(
        slot in -10_000_i64..10_000,
        block_slots in 1_u32..400,
    ) {
        let calendar = Calendar::new(&options(10_000, block_slots));
        let slot = Slot(slot);
        let (tile, lane) = calendar.tile_of(slot);
        let tile_range = calendar.tile_range(tile);
        prop_assert_eq!(tile_range.start.plus(i64::try_from(lane).unwrap()), slot);
        prop_assert!(tile_range.contains(slot) && tile_range.len() <= TILE_SLOTS);
        let mini = calendar.mini_of(slot);
        let mini_range = calendar.mini_range(mini);
        prop_assert!(mini_range.contains(slot) && mini_range.len() <= MINI_SLOTS);
        prop_assert_eq!(calendar.mini_of_tile(tile), mini);
        prop_assert!(mini_range.start <= tile_range.start && tile_range.end <= mini_range.end);
        let block = calendar.block_of(slot);
        prop_assert!(calendar.block_range(block).contains(slot));
        prop_assert_eq!(calendar.block_of_mini(mini).0, block);
    }
}
