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
    ($($variant:ident $kind:ident $name:literal [$($tag:literal),*] $unit:literal $meaning:literal;)*) => {
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

            /// What one of it is.
            pub fn unit(self) -> &'static str {
                match self { $(Self::$variant => $unit,)* }
            }

            /// One line for a reader.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

metrics! {
    HttpRequests Counter "telamon.http.requests" ["route", "status"] "requests" "requests answered";
    HttpTime Timer "telamon.http.time" ["route"] "seconds" "time from request to answer";
    IngestAccepted Counter "telamon.ingest.accepted" ["protocol"] "datapoints" "datapoints admitted and logged";
    IngestRejected Counter "telamon.ingest.rejected" ["protocol", "reason"] "datapoints or lines" "datapoints and lines refused";
    IngestFailed Counter "telamon.ingest.failed" ["protocol"] "datapoints" "datapoints lost because the log could not take them";
    UdpPackets Counter "telamon.udp.packets" [] "datagrams" "datagrams received";
    StoreDropped Counter "telamon.store.dropped" ["reason"] "samples" "admitted samples that normalisation dropped";
    StoreNewSeries Counter "telamon.store.new_series" [] "series" "series created";
    StoreSeries Gauge "telamon.store.series" [] "series" "series held";
    StoreCorrupt Counter "telamon.store.corrupt" [] "records" "damaged records met when the log was read";
    LogBytes Gauge "telamon.log.bytes" [] "bytes" "size of the log files";
    LogErrors Counter "telamon.log.errors" ["operation"] "operations" "failed operations on the log";
    LogLag Gauge "telamon.log.lag_seconds" [] "seconds" "wall clock minus log time";
    QueryTime Timer "telamon.query.time" ["stage"] "seconds" "time spent in a stage of a query";
    QueryRefused Counter "telamon.query.refused" ["reason"] "queries" "queries not evaluated";
    QueryLimits Counter "telamon.query.limits" ["limit"] "queries" "queries refused because of a limit, by its key in the configuration";
    QueryCancelled Counter "telamon.query.cancelled" [] "queries" "queries given up because nobody waits for the answer any more";
    QueryWaiting Gauge "telamon.query.jobs" [] "queries" "queries that run or wait";
    FetchStreams Gauge "telamon.fetch.streams" [] "streams" "event streams that are open";
    FetchChunks Counter "telamon.fetch.chunks" [] "chunks" "stretches of time evaluated for event streams";
    AlertSteps Counter "telamon.alert.steps" [] "steps" "steps over which rules were evaluated";
    AlertTransitions Counter "telamon.alert.transitions" [] "transitions" "alerts that changed state";
    AlertTime Timer "telamon.alert.time" [] "seconds" "time to evaluate all rules over a step";
    ClockStepsBack Gauge "telamon.clock.steps_back" [] "steps back" "steps back of the wall clock since the start";
    ClockRefused Counter "telamon.clock.refused" [] "stamps" "stamps refused because the wall clock jumped ahead";
    TaskFailures Counter "telamon.task.failures" ["task"] "rounds" "rounds of a background task that failed";
}

#[cfg(test)]
mod tests;
