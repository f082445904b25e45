//! The shapes that made-up values are composed of: noise, the day, a bump.
//!
//! Plain functions of time and seed with the same bits on every machine.

/// Seconds of a day.
const DAY_S: f64 = 86_400.0;

/// The busiest second of the day, UTC.
const BUSY_S: f64 = 68_400.0;

/// A splitmix64 step over two numbers.
pub(super) fn hash(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A hash as a number from 0 to below 1.
pub(super) fn unit(hash: u64) -> f64 {
    const SCALE: f64 = 1.0 / 4_294_967_296.0;
    f64::from(u32::try_from(hash >> 32).unwrap_or(0)) * SCALE
}

/// Noise between -1 and 1 that changes over `length_s` seconds: random knots, joined smoothly.
pub(super) fn smooth_noise(seed: u64, time_s: i64, length_s: i64) -> f64 {
    let knot = time_s.div_euclid(length_s);
    let at = |knot: i64| unit(hash(seed, knot.unsigned_abs())) * 2.0 - 1.0;
    let way = ratio(time_s.rem_euclid(length_s), length_s);
    let eased = way * way * (3.0 - 2.0 * way);
    at(knot) + (at(knot + 1) - at(knot)) * eased
}

/// Traffic of the day from 0.3 to 1, busiest in the evening.
pub(super) fn daily(time_s: i64, phase_s: f64) -> f64 {
    0.65 + 0.35 * libm::cos(angle(time_s, phase_s))
}

/// The integral of [`daily`] in seconds, from one instant to another.
pub(super) fn daily_integral(from_s: i64, to_s: i64, phase_s: f64) -> f64 {
    let per_radian = DAY_S / std::f64::consts::TAU;
    let waves = libm::sin(angle(to_s, phase_s)) - libm::sin(angle(from_s, phase_s));
    0.65 * seconds(to_s - from_s) + 0.35 * per_radian * waves
}

/// Zero outside, rising over the first tenth of `length_s` to 1 and falling over the last third.
pub(super) fn bump(since_s: i64, length_s: i64) -> f64 {
    if since_s < 0 || since_s > length_s {
        return 0.0;
    }
    let way = ratio(since_s, length_s);
    let rise = (way * 10.0).min(1.0);
    let fall = ((1.0 - way) * 3.0).min(1.0);
    rise * fall
}

fn angle(time_s: i64, phase_s: f64) -> f64 {
    let second = seconds(time_s.rem_euclid(86_400)) - BUSY_S - phase_s;
    second / DAY_S * std::f64::consts::TAU
}

fn ratio(part: i64, whole: i64) -> f64 {
    seconds(part) / seconds(whole)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of a demo are far below 2^53"
)]
fn seconds(count: i64) -> f64 {
    count as f64
}
