//! The names of everything the server measures about itself.

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Grows.
    Counter,
    /// A reading.
    Gauge,
    /// Durations: how many, how long in total, the longest.
    Timer,
}

macro_rules! metrics {
    ($($variant:ident $kind:ident $name:literal [$($tag:literal),*] $meaning:literal;)*) => {
        /// A metric of the server.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric {
            $(#[doc = $meaning] $variant,)*
        }

        impl Metric {
            /// All metrics.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Name of the series; dots become underscores for Prometheus.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How it behaves.
            pub fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// Keys of its tags, at most two.
            pub fn tag_keys(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($tag),*],)* }
            }

            /// One line for a reader.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

metrics! {
    HttpRequests Counter "telamon.http.requests" ["route", "status"] "requests answered";
    HttpTime Timer "telamon.http.time" ["route"] "time from request to answer";
    IngestAccepted Counter "telamon.ingest.accepted" ["protocol"] "datapoints admitted and logged";
    IngestRejected Counter "telamon.ingest.rejected" ["protocol", "reason"] "datapoints and lines refused";
    IngestFailed Counter "telamon.ingest.failed" ["protocol"] "datapoints lost because the log could not take them";
    UdpPackets Counter "telamon.udp.packets" [] "datagrams received";
    StoreDropped Counter "telamon.store.dropped" ["reason"] "admitted samples that normalisation dropped";
    StoreNewSeries Counter "telamon.store.new_series" [] "series created";
    StoreSeries Gauge "telamon.store.series" [] "series held";
    StoreCorrupt Counter "telamon.store.corrupt" [] "damaged records met when the log was read";
    LogBytes Gauge "telamon.log.bytes" [] "size of the log files";
    LogErrors Counter "telamon.log.errors" ["operation"] "failed operations on the log";
    LogLag Gauge "telamon.log.lag_seconds" [] "wall clock minus log time";
    QueryTime Timer "telamon.query.time" ["stage"] "time spent in a stage of a query";
    QueryRefused Counter "telamon.query.refused" ["reason"] "queries not evaluated";
    QueryWaiting Gauge "telamon.query.jobs" [] "queries that run or wait";
    AlertSteps Counter "telamon.alert.steps" [] "steps over which rules were evaluated";
    AlertTransitions Counter "telamon.alert.transitions" [] "alerts that changed state";
    AlertTime Timer "telamon.alert.time" [] "time to evaluate all rules over a step";
    ClockStepsBack Gauge "telamon.clock.steps_back" [] "steps back of the wall clock since the start";
    ClockRefused Counter "telamon.clock.refused" [] "stamps refused because the wall clock jumped ahead";
    TaskFailures Counter "telamon.task.failures" ["task"] "rounds of a background task that failed";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_admissible() {
        let names: BTreeSet<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            assert!(metric.name().starts_with("telamon."));
            assert!(metric.tag_keys().len() <= 2);
            assert!(
                metric
                    .name()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b"._".contains(&b))
            );
        }
    }
}
