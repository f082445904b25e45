use proptest::prelude::*;

use super::*;
use crate::contrast::ratio;
use crate::graph::{HeatmapDef, Item};
use crate::sample;

/// A plot whose lines make a heatmap.
fn plot(lines: &[&[f64]]) -> Plot {
    let mut plot = sample::graph(lines).plots.remove(0);
    for item in &mut plot.items {
        if let Item::Line(line) = item {
            line.style = LineStyle::Heatmap;
        }
    }
    plot
}

fn heatmap(plot: &Plot, ends: (f64, f64), at: &[f64], points: usize) -> Heatmap {
    Heatmap::of(plot, ends, at, points).unwrap().unwrap()
}

fn counts(heatmap: &Heatmap) -> Vec<Vec<f64>> {
    heatmap.times().map(<[f64]>::to_vec).collect()
}

/// A line of a percentile bucket.
fn percentile_plot(bucket: &str, values: &[f64]) -> Plot {
    let mut plot = plot(&[values]);
    if let Item::Line(line) = &mut plot.items[0] {
        line.tags.push(("percentile".into(), bucket.into()));
    }
    plot
}

#[test]
fn values_are_counted_between_ticks() {
    let plot = plot(&[
        &[0.0, 5.0, 10.0],
        &[9.9, 10.1, f64::NAN],
        &[20.0, -1.0, 21.0],
    ]);
    let heatmap = heatmap(&plot, (0.0, 20.0), &[5.0, 10.0], 3);
    // A value on a tick lies above it; what is outside the axis is nowhere.
    let expected = [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]];
    assert_eq!(counts(&heatmap), expected);
}

#[test]
fn percentile_buckets_are_spread_over_the_rows_they_meet() {
    // Bucket 0x0018 holds 64 to 85 units, 21 of them.
    let plot = percentile_plot("D0018", &[21.0, 0.0, f64::NAN]);
    let spread = heatmap(&plot, (60.0, 90.0), &[70.0, 80.0], 3);
    assert_eq!(counts(&spread), [[6.0, 10.0, 5.0], [0.0; 3], [0.0; 3]]);
    // What the axis does not show is left out, not squeezed in.
    let cut = heatmap(&plot, (70.0, 80.0), &[], 3);
    assert_eq!(counts(&cut)[0], [10.0]);
    let timer = percentile_plot("T0018", &[21.0]);
    let seconds = heatmap(&timer, (0.0, 70e-9), &[], 1);
    assert!((counts(&seconds)[0][0] - 6.0).abs() < 1e-9);
}

#[test]
fn colours_are_shades_of_the_line() {
    let plot = plot(&[&[1.0, 1.0], &[1.0, 9.0], &[1.0, 9.0]]);
    let heatmap = heatmap(&plot, (0.0, 10.0), &[5.0], 2);
    let alphas: Vec<u8> = heatmap
        .color_ticks()
        .iter()
        .map(|tick| tick.color.alpha)
        .collect();
    assert_eq!(alphas, [51, 102, 153, 204, 255]);
    let ends: Vec<String> = heatmap
        .color_ticks()
        .iter()
        .map(|t| format!("{:.1}", t.high))
        .collect();
    assert_eq!(ends, ["1.4", "1.8", "2.2", "2.6", "3.0"]);
    let colors = heatmap.color_scale();
    let alpha_of = |count: f64| colors.color(count).map(|color| color.alpha);
    assert_eq!(alpha_of(0.0), None);
    assert_eq!(
        (alpha_of(1.0), alpha_of(2.0), alpha_of(3.0)),
        (Some(51), Some(153), Some(255))
    );
    // Beyond the bounds stands the colour of the bound.
    assert_eq!((alpha_of(0.5), alpha_of(1e9)), (Some(51), Some(255)));
}

#[test]
fn equal_counts_are_all_pale_and_nothing_has_no_bounds() {
    let heatmap_of = |values: &[f64]| heatmap(&plot(&[values]), (0.0, 10.0), &[], 2);
    let same = heatmap_of(&[3.0, 4.0]);
    assert_eq!(
        same.color_scale().color(1.0).map(|color| color.alpha),
        Some(51)
    );
    let none = heatmap_of(&[f64::NAN, f64::NAN]);
    let ticks = none.color_ticks();
    assert!(ticks.iter().all(|tick| (tick.low, tick.high) == (0.0, 0.0)));
}

#[test]
fn labels_of_logarithms_are_those_of_the_reference() {
    let mut plot = plot(&[&[1.0, 1.0], &[1.0, 9.0]]);
    let ends = |plot: &Plot| {
        let ticks = heatmap(plot, (0.0, 10.0), &[5.0], 2).color_ticks();
        let texts: Vec<String> = ticks
            .iter()
            .map(|tick| format!("{:.2}", tick.high))
            .collect();
        texts.join(" ")
    };
    plot.heatmap.scale = Scale::Logarithmic;
    assert_eq!(ends(&plot), "3.17 3.35 3.55 3.77 4.00");
    let counts = heatmap(&plot, (0.0, 10.0), &[5.0], 2).color_counts();
    let texts: Vec<String> = counts.iter().map(|count| format!("{count:.2}")).collect();
    assert_eq!(texts.join(" "), "1.00 1.17 1.35 1.55 1.77 2.00");
    plot.heatmap.scale = Scale::LogLinear;
    assert_eq!(ends(&plot), "0.90 0.90 1.00 1.00 2.00");
    plot.heatmap.scale = Scale::Sqrt;
    assert_eq!(ends(&plot), "1.17 1.36 1.56 1.77 2.00");
}

#[test]
fn bounds_of_counts_have_an_order() {
    let mut plot = plot(&[&[1.0, 2.0]]);
    plot.heatmap = HeatmapDef {
        upper: Bound::Explicit(0.5),
        ..HeatmapDef::default()
    };
    let problem = Heatmap::of(&plot, (0.0, 10.0), &[5.0], 2).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "the lower bound of a heatmap must not exceed the upper (1 > 0.5)"
    );
}

#[test]
fn a_plot_without_such_lines_has_none() {
    let plot = sample::graph(&[&[1.0, 2.0]]).plots.remove(0);
    assert!(Heatmap::of(&plot, (1.0, 2.0), &[], 2).unwrap().is_none());
}

proptest! {
    /// Every value on the axis is counted once, in the bucket whose edges it lies between.
    #[test]
    fn counts_are_those_of_a_naive_search(
        lines in prop::collection::vec(prop::collection::vec(-10.0..110.0_f64, 4), 1..6),
        mut at in prop::collection::vec(1.0..99.0_f64, 0..8),
    ) {
        at.sort_by(f64::total_cmp);
        let slices: Vec<&[f64]> = lines.iter().map(Vec::as_slice).collect();
        let heatmap = heatmap(&plot(&slices), (0.0, 100.0), &at, 4);
        for (time, counts) in heatmap.times().enumerate() {
            let mut expected = vec![0.0; at.len() + 1];
            for value in lines.iter().map(|line| line[time]) {
                if (0.0..=100.0).contains(&value) {
                    expected[at.iter().filter(|&&tick| tick <= value).count()] += 1.0;
                }
            }
            prop_assert_eq!(counts, expected);
        }
    }

    /// What a percentile bucket counts is neither lost nor doubled by the rows of an axis around it.
    #[test]
    fn a_spread_rate_keeps_its_sum(
        index in 1_u16..200, rate in 0.0..1e6_f64, cuts in prop::collection::vec(0.0..1.0_f64, 0..6),
    ) {
        let tag = BucketIndex::new(index).unwrap().tag('D');
        let plot = percentile_plot(&tag, &[rate]);
        let (low, high) = percentile_range(plot.lines().next().unwrap()).unwrap();
        let mut at: Vec<f64> = cuts.iter().map(|cut| low + cut * (high - low)).collect();
        at.sort_by(f64::total_cmp);
        let sum: f64 = heatmap(&plot, (low, high), &at, 1).times().flatten().sum();
        prop_assert!((sum - rate).abs() <= 1e-9 * rate, "{sum} of {rate}");
    }

    /// A larger count never has a paler colour, on any scale.
    #[test]
    fn colours_grow_with_counts(a in 0.01..50.0_f64, b in 0.01..50.0_f64, which in 0..5_usize) {
        let mut plot = plot(&[&[1.0, 2.0]]);
        let scales = [Scale::Linear, Scale::Logarithmic, Scale::LogLinear, Scale::Power2, Scale::Sqrt];
        plot.heatmap.scale = scales[which];
        (plot.heatmap.lower, plot.heatmap.upper) = (Bound::Explicit(0.5), Bound::Explicit(40.0));
        let heatmap = heatmap(&plot, (0.0, 10.0), &[], 2);
        let colors = heatmap.color_scale();
        let alpha = |count: f64| colors.color(count).unwrap().alpha;
        prop_assert!(alpha(a.max(b)) >= alpha(a.min(b)));
    }
}

#[test]
fn more_shades_begin_where_they_are_seen_and_leave_a_palette_alone() {
    let mut lines = plot(&[&[1.0, 1.0], &[1.0, 9.0]]);
    lines.heatmap.scale = Scale::Sqrt;
    let shaded = heatmap(&lines, (0.0, 10.0), &[5.0], 2);
    assert_eq!(shaded.colors.len(), 5);
    let strongest = shaded.colors[4];
    for ground in [Color::WHITE, Color::BLACK, Color::from_argb(0xFF11_1418)] {
        let finer = shaded.clone().with_more_shades(ground);
        assert_eq!(finer.colors.len(), 12);
        assert!(finer.colors.contains(&strongest));
        let contrasts = finer.colors.iter().map(|&color| ratio(color, ground));
        let contrasts: Vec<f64> = contrasts.collect();
        let is_steady = contrasts.is_sorted_by(|a, b| b / a > 1.03);
        assert!(is_steady && contrasts[0] > 1.1, "{ground} {contrasts:?}");
        assert!(contrasts[11] >= 9.0, "{ground} {contrasts:?}");
    }
    let mut listed = plot(&[&[1.0]]);
    listed.heatmap.palette = Some(crate::palette::Palette::parse("reds").unwrap());
    let listed = heatmap(&listed, (0.0, 10.0), &[5.0], 1);
    assert_eq!(
        listed.clone().with_more_shades(Color::WHITE).colors,
        listed.colors
    );
}

#[test]
fn pale_shades_of_a_light_colour_keep_its_hue_on_dark_ground() {
    let light = Color::from_argb(0xFFA5_CBFE);
    let hue = |color: Color| f64::from(color.blue) / f64::from(color.red);
    let dark = ramp(light, Color::BLACK, 12);
    assert!(hue(dark[0]) > 1.4 * hue(light), "{dark:?}");
    assert_eq!(dark.last(), Some(&light));
    assert!(hue(ramp(light, Color::WHITE, 12)[0]) <= hue(light));
}

#[test]
fn few_counts_have_a_shade_each() {
    let values: Vec<Vec<f64>> = (0..5).map(|line| vec![f64::from(line); 2]).collect();
    let lines: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
    // One value, and four.
    let found = heatmap(&plot(&lines), (0.0, 10.0), &[1.0], 2).with_more_shades(Color::WHITE);
    assert!(found.is_counted);
    assert_eq!(found.single_counts(), [1.0, 2.0, 3.0, 4.0]);
    let colors = found.color_scale();
    let told: Vec<_> = [1.0, 2.0, 3.0, 4.0]
        .map(|count| colors.color(count))
        .to_vec();
    assert_eq!(
        told,
        found.colors.iter().copied().map(Some).collect::<Vec<_>>()
    );
    // Many counts share colours.
    let many = vec![&[1.0][..]; 100];
    let mut lines = many.clone();
    lines.push(&[9.0]);
    let found = heatmap(&plot(&lines), (0.0, 10.0), &[5.0], 1).with_more_shades(Color::WHITE);
    assert!(!found.is_counted);
    assert_eq!(found.colors.len(), 12);
}

#[test]
fn traces_of_percentile_buckets_leave_the_scale_to_the_others() {
    let plot = percentile_plot("T0047", &[100.0]);
    let (low, high) = percentile_range(plot.lines().next().unwrap()).unwrap();
    // A row has a thousandth of the bucket.
    let edge = low + (high - low) * 0.001;
    let found = |plot: &Plot| heatmap(plot, (low, high), &[edge, (low + high) / 2.0], 1);
    assert!((found(&plot).color_counts()[0] - 0.1).abs() < 1e-6);
    let clear = found(&plot).without_traces(&plot);
    assert!(clear.has_traces);
    assert!((clear.color_counts()[0] - 49.9).abs() < 1e-6);
    // What is rare is seen all the same, in the palest colour.
    assert_eq!(
        clear.color_scale().color(0.1),
        clear.colors.first().copied()
    );
    // Who gives a bound gets it.
    let mut given = plot.clone();
    given.heatmap.lower = Bound::Explicit(0.01);
    let same = found(&given).without_traces(&given);
    assert!(!same.has_traces);
    assert_eq!(same.color_counts()[0], 0.01);
}
