//! Fields of the time that `:time` can draw, computed in UTC from the civil calendar.

use telamon_model::Timestamp;

/// What `:time` shows of each timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeField {
    /// Second of the minute, 0 to 59.
    SecondOfMinute,
    /// Second of the day, 0 to 86,399.
    SecondOfDay,
    /// Minute of the hour, 0 to 59.
    MinuteOfHour,
    /// Minute of the day, 0 to 1,439.
    MinuteOfDay,
    /// Hour of the day, 0 to 23.
    HourOfDay,
    /// Day of the week, Monday is 1.
    DayOfWeek,
    /// Day of the month, from 1.
    DayOfMonth,
    /// Day of the year, from 1.
    DayOfYear,
    /// Month of the year, from 1.
    MonthOfYear,
    /// The year; negative before year 0.
    Year,
    /// The year, counted from 1 in either era.
    YearOfEra,
    /// Seconds since 1970 with fraction.
    Seconds,
    /// Minutes since 1970 with fraction.
    Minutes,
    /// Hours since 1970 with fraction.
    Hours,
    /// Days since 1970 with fraction.
    Days,
    /// Weeks since 1970 with fraction.
    Weeks,
    /// Millisecond of the second, 0 to 999.
    MilliOfSecond,
    /// Millisecond of the day.
    MilliOfDay,
    /// Microsecond of the second.
    MicroOfSecond,
    /// Nanosecond of the second.
    NanoOfSecond,
    /// Hour of the half day, 0 to 11.
    HourOfAmPm,
    /// Hour of the half day, 1 to 12.
    ClockHourOfAmPm,
    /// Hour of the day, 1 to 24.
    ClockHourOfDay,
    /// 0 in the morning, 1 in the afternoon.
    AmPmOfDay,
    /// Day of a week that starts with the month, 1 to 7.
    AlignedDayOfWeekInMonth,
    /// Day of a week that starts with the year, 1 to 7.
    AlignedDayOfWeekInYear,
    /// Week of the month, from 1.
    AlignedWeekOfMonth,
    /// Week of the year, from 1.
    AlignedWeekOfYear,
    /// 1, or 0 before year 1.
    Era,
    /// Seconds the zone is ahead of UTC: always 0.
    OffsetSeconds,
    /// One whose values do not fit an integer: evaluation refuses it. The name is Java's.
    TooLarge(&'static str),
}

const MODES: [(&str, TimeField); 45] = [
    ("secondOfMinute", TimeField::SecondOfMinute),
    ("SECOND_OF_MINUTE", TimeField::SecondOfMinute),
    ("secondOfDay", TimeField::SecondOfDay),
    ("SECOND_OF_DAY", TimeField::SecondOfDay),
    ("minuteOfHour", TimeField::MinuteOfHour),
    ("MINUTE_OF_HOUR", TimeField::MinuteOfHour),
    ("minuteOfDay", TimeField::MinuteOfDay),
    ("MINUTE_OF_DAY", TimeField::MinuteOfDay),
    ("hourOfDay", TimeField::HourOfDay),
    ("HOUR_OF_DAY", TimeField::HourOfDay),
    ("dayOfWeek", TimeField::DayOfWeek),
    ("DAY_OF_WEEK", TimeField::DayOfWeek),
    ("dayOfMonth", TimeField::DayOfMonth),
    ("DAY_OF_MONTH", TimeField::DayOfMonth),
    ("dayOfYear", TimeField::DayOfYear),
    ("DAY_OF_YEAR", TimeField::DayOfYear),
    ("monthOfYear", TimeField::MonthOfYear),
    ("MONTH_OF_YEAR", TimeField::MonthOfYear),
    ("yearOfEra", TimeField::Year),
    ("YEAR", TimeField::Year),
    ("yearOfCentury", TimeField::YearOfEra),
    ("YEAR_OF_ERA", TimeField::YearOfEra),
    ("seconds", TimeField::Seconds),
    ("minutes", TimeField::Minutes),
    ("hours", TimeField::Hours),
    ("days", TimeField::Days),
    ("weeks", TimeField::Weeks),
    ("MILLI_OF_SECOND", TimeField::MilliOfSecond),
    ("MILLI_OF_DAY", TimeField::MilliOfDay),
    ("MICRO_OF_SECOND", TimeField::MicroOfSecond),
    ("NANO_OF_SECOND", TimeField::NanoOfSecond),
    ("HOUR_OF_AMPM", TimeField::HourOfAmPm),
    ("CLOCK_HOUR_OF_AMPM", TimeField::ClockHourOfAmPm),
    ("CLOCK_HOUR_OF_DAY", TimeField::ClockHourOfDay),
    ("AMPM_OF_DAY", TimeField::AmPmOfDay),
    (
        "ALIGNED_DAY_OF_WEEK_IN_MONTH",
        TimeField::AlignedDayOfWeekInMonth,
    ),
    (
        "ALIGNED_DAY_OF_WEEK_IN_YEAR",
        TimeField::AlignedDayOfWeekInYear,
    ),
    ("ALIGNED_WEEK_OF_MONTH", TimeField::AlignedWeekOfMonth),
    ("ALIGNED_WEEK_OF_YEAR", TimeField::AlignedWeekOfYear),
    ("ERA", TimeField::Era),
    ("OFFSET_SECONDS", TimeField::OffsetSeconds),
    ("EPOCH_DAY", TimeField::TooLarge("EpochDay")),
    ("NANO_OF_DAY", TimeField::TooLarge("NanoOfDay")),
    ("MICRO_OF_DAY", TimeField::TooLarge("MicroOfDay")),
    ("PROLEPTIC_MONTH", TimeField::TooLarge("ProlepticMonth")),
];

impl TimeField {
    /// The field of a mode as the language writes it: `hourOfDay`, `days`, or a constant of Java's
    /// `ChronoField` whose values fit an integer.
    pub fn of_mode(mode: &str) -> Option<Self> {
        MODES
            .iter()
            .find(|(name, _)| *name == mode)
            .map(|&(_, field)| field)
    }

    /// The value of the field at an instant; NaN for one that is too large.
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 stay below 2^53 for 285,000 years"
    )]
    pub fn at(self, time: Timestamp) -> f64 {
        let millis = time.as_millis();
        match self {
            Self::Seconds => millis as f64 / 1000.0,
            Self::Minutes => millis as f64 / 60_000.0,
            Self::Hours => millis as f64 / 3_600_000.0,
            Self::Days => millis as f64 / 86_400_000.0,
            Self::Weeks => millis as f64 / 604_800_000.0,
            Self::TooLarge(_) => f64::NAN,
            _ => self.integer_at(millis) as f64,
        }
    }

    fn integer_at(self, millis: i64) -> i64 {
        let day = millis.div_euclid(DAY_MS);
        let milli = millis.rem_euclid(DAY_MS);
        let hour = milli / 3_600_000;
        match self {
            Self::SecondOfMinute => milli / 1000 % 60,
            Self::SecondOfDay => milli / 1000,
            Self::MinuteOfHour => milli / 60_000 % 60,
            Self::MinuteOfDay => milli / 60_000,
            Self::HourOfDay => hour,
            Self::MilliOfSecond => milli % 1000,
            Self::MilliOfDay => milli,
            Self::MicroOfSecond => milli % 1000 * 1000,
            Self::NanoOfSecond => milli % 1000 * 1_000_000,
            Self::HourOfAmPm => hour % 12,
            Self::ClockHourOfAmPm => (hour + 11) % 12 + 1,
            Self::ClockHourOfDay => (hour + 23) % 24 + 1,
            Self::AmPmOfDay => hour / 12,
            // 1970-01-01 was a Thursday, day 4.
            Self::DayOfWeek => (day + 3).rem_euclid(7) + 1,
            Self::OffsetSeconds => 0,
            _ => self.of_date(&Date::of_day(day)),
        }
    }

    fn of_date(self, date: &Date) -> i64 {
        match self {
            Self::DayOfMonth => date.day,
            Self::DayOfYear => date.day_of_year,
            Self::MonthOfYear => date.month,
            Self::YearOfEra => {
                if date.year > 0 {
                    date.year
                } else {
                    1 - date.year
                }
            }
            Self::AlignedDayOfWeekInMonth => (date.day - 1) % 7 + 1,
            Self::AlignedDayOfWeekInYear => (date.day_of_year - 1) % 7 + 1,
            Self::AlignedWeekOfMonth => (date.day - 1) / 7 + 1,
            Self::AlignedWeekOfYear => (date.day_of_year - 1) / 7 + 1,
            Self::Era => i64::from(date.year > 0),
            _ => date.year,
        }
    }
}

const DAY_MS: i64 = 86_400_000;

/// A date of the proleptic Gregorian calendar.
struct Date {
    year: i64,
    month: i64,
    day: i64,
    day_of_year: i64,
}

impl Date {
    /// The date of a day counted from 1970-01-01. Years are taken to start in March, so that the leap
    /// day comes last; eras are the 400 years after which the calendar repeats.
    fn of_day(day: i64) -> Self {
        let shifted = day + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_from_march + 2) / 153;
        let day = day_from_march - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let day_of_year = if month <= 2 {
            day_from_march - 305
        } else {
            day_from_march + 60 + i64::from(is_leap)
        };
        Self {
            year,
            month,
            day,
            day_of_year,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the date fields in the order year, month, day of month, of year, of week.
    fn check(millis: i64, expected: [i64; 5]) {
        let fields = [
            "yearOfEra",
            "monthOfYear",
            "dayOfMonth",
            "dayOfYear",
            "dayOfWeek",
        ];
        for (mode, value) in fields.into_iter().zip(expected) {
            let field = TimeField::of_mode(mode).unwrap();
            assert_eq!(field.integer_at(millis), value, "{mode} at {millis}");
        }
    }

    #[test]
    fn dates_of_the_calendar() {
        check(0, [1970, 1, 1, 1, 4]);
        check(-1, [1969, 12, 31, 365, 3]);
        check(951_782_400_000, [2000, 2, 29, 60, 2]);
        check(951_868_800_000, [2000, 3, 1, 61, 3]);
        check(1_325_376_000_000, [2012, 1, 1, 1, 7]);
        check(1_356_998_399_999, [2012, 12, 31, 366, 1]);
        check(4_107_542_400_000, [2100, 3, 1, 60, 1]);
    }

    #[test]
    fn days_follow_each_other() {
        let mut previous = Date::of_day(-200_000);
        for day in -199_999..200_000 {
            let date = Date::of_day(day);
            let is_next = date.day == previous.day + 1 && date.month == previous.month;
            let is_new_month = date.day == 1 && date.month == previous.month % 12 + 1;
            assert!(is_next || is_new_month, "day {day}");
            let is_new_year = date.month == 1 && date.day == 1;
            assert_eq!(
                date.day_of_year,
                if is_new_year {
                    1
                } else {
                    previous.day_of_year + 1
                }
            );
            assert_eq!(date.year, previous.year + i64::from(is_new_year));
            previous = date;
        }
    }

    #[test]
    fn fractions_since_the_epoch() {
        let day_and_a_half = Timestamp(129_600_000);
        assert_eq!(
            TimeField::Days.at(day_and_a_half).to_bits(),
            1.5_f64.to_bits()
        );
        assert_eq!(
            TimeField::Hours.at(day_and_a_half).to_bits(),
            36_f64.to_bits()
        );
    }
}
