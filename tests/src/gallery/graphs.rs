//! What the gallery shows: a graph a row, in the order of the page.
//!
//! URLs stand as one would type them into a browser. Times count from the evening on which the clock
//! of the [world](super::world) stands.

/// A graph of the gallery.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    /// Heading that it stands below, with those around it.
    pub section: &'static str,
    /// Its file; `.png` where it has no ending.
    name: &'static str,
    /// Its own heading.
    pub title: &'static str,
    /// A sentence on what it shows.
    pub shows: &'static str,
    /// What is asked for, from the path on.
    pub url: &'static str,
}

impl Graph {
    /// Name of the file.
    pub fn file(&self) -> String {
        if self.name.contains('.') {
            self.name.to_owned()
        } else {
            format!("{}.png", self.name)
        }
    }

    /// Whether a page can show the file.
    pub fn is_picture(&self) -> bool {
        !self.name.ends_with(".json")
    }
}

/// All graphs.
pub const GRAPHS: &[Graph] = &[
    Graph {
        section: "What a service does",
        name: "lines",
        title: "Lines",
        shows: "Requests per second of three services over six hours, a line each.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by&s=e-6h&ylabel=requests+/+s&title=Requests+by+service&w=600&h=200&style=telamon",
    },
    Graph {
        section: "What a service does",
        name: "stack",
        title: "A stack",
        shows: "The same requests by status, on top of each other; what fails in checkout shows as a thin layer.",
        url: "/api/v1/graph?q=name,requests,:eq,(,status,),:by,:stack&s=e-6h&title=Requests+by+status&w=600&h=200&style=telamon",
    },
    Graph {
        section: "What a service does",
        name: "percent",
        title: "A stack as percentage",
        shows: "Which share of all requests each service has; `u=100` ends the axis where the whole ends.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by,:pct,:stack&s=e-1d&l=0&u=100&ylabel=%25+of+requests&w=600&h=180&style=telamon",
    },
    Graph {
        section: "What a service does",
        name: "area",
        title: "An area with a limit",
        shows: "How full a disk is, with the share at which somebody is called.",
        url: "/api/v1/graph?q=name,disk.used,:eq,volume,db-2,:eq,:and,:sum,name,disk.size,:eq,volume,db-2,:eq,:and,:sum,:div,100,:mul,:area,db-2,:legend,90,f00,:color,call+at+90+%25,:legend&s=2026-03-02&l=0&u=100&ylabel=%25+used&w=600&h=180&style=telamon",
    },
    Graph {
        section: "What a service does",
        name: "gaps",
        title: "Gaps",
        shows: "Orders that wait. Twice the queue did not answer, which is neither zero nor a straight line.",
        url: "/api/v1/graph?q=name,orders.waiting,:eq,:sum,:area&s=e-4h&w=600&h=160&style=telamon",
    },
    Graph {
        section: "When something goes wrong",
        name: "alert",
        title: "An alert and its threshold",
        shows: "Share of requests of checkout that fail, the threshold, and the time during which the alert is on.",
        url: "/api/v1/graph?q=name,requests,:eq,app,checkout,:eq,:and,:dup,status,500,:eq,:and,:sum,:swap,:sum,:div,100,:mul,errors,:legend,:dup,5,:gt,:vspan,f00,:color,40,:alpha,alert,:legend,5,threshold,:legend,f00,:color&s=e-6h&ylabel=%25+of+requests&w=600&h=200&style=telamon",
    },
    Graph {
        section: "When something goes wrong",
        name: "deployments",
        title: "Deployments over percentiles",
        shows: "Median and 99th percentile of the latency, estimated from the buckets of the timer, with the deployments of checkout: the first one made it slow, the second one took that back.",
        url: "/api/v1/graph?q=name,latency,:eq,app,checkout,:eq,:and,(,50,99,),:percentiles,percentile+$(percentile),:legend,name,deployment,:eq,app,checkout,:eq,:and,:max,:vspan,888,:color,60,:alpha,deployment,:legend&s=e-6h&tick_labels=duration&l=0&no_legend_stats=1&w=600&h=200&style=telamon",
    },
    Graph {
        section: "When something goes wrong",
        name: "outlier",
        title: "An outlier",
        shows: "CPU of twelve nodes: those below 60 % on average in grey, those above in red.",
        url: "/api/v1/graph?q=name,cpu,:eq,(,node,),:by,:stat-avg,60,:lt,:filter,aaa,:color,name,cpu,:eq,(,node,),:by,:stat-avg,60,:gt,:filter,f00,:color,2,:lw,$(node),:legend&s=e-6h&ylabel=%25+CPU&no_legend=1&w=600&h=180&style=telamon",
    },
    Graph {
        section: "When something goes wrong",
        name: "topk",
        title: "The largest and the rest",
        shows: "The two nodes with the highest CPU, and the average of the ten others as one line.",
        url: "/api/v1/graph?q=name,cpu,:eq,(,node,),:by,max,2,:topk-others-avg,$(node),:legend&s=e-6h&w=600&h=180&style=telamon",
    },
    Graph {
        section: "Distributions",
        name: "percentile_heatmap",
        title: "A percentile heatmap",
        shows: "All requests of checkout by how long they took: the colour says how many, and the incident lifts the whole cloud.",
        url: "/api/v1/graph?q=name,latency,:eq,app,checkout,:eq,:and,:percentiles-heatmap&s=e-6h&tick_labels=duration&scale=log-linear&heatmap_scale=log&w=600&h=220&style=telamon",
    },
    Graph {
        section: "Distributions",
        name: "heatmap",
        title: "A heatmap of nodes",
        shows: "Hits of a thousand cache nodes, counted by value instead of drawn as lines: a few cold nodes stand apart until 17:25.",
        url: "/api/v1/graph?q=name,cache.hits,:eq,(,node,),:by,:heatmap&s=e-1h&l=0&w=600&h=220&style=telamon",
    },
    Graph {
        section: "Scales and units",
        name: "log",
        title: "A logarithmic scale of durations",
        shows: "Jobs that take from a third of a second to almost two hours on one axis.",
        url: "/api/v1/graph?q=name,job.duration,:eq,(,job,),:by,$(job),:legend&s=e-12h&scale=log&tick_labels=duration&w=600&h=220&style=telamon",
    },
    Graph {
        section: "Scales and units",
        name: "log_linear",
        title: "Log-linear",
        shows: "The same queue of orders as above: a dozen and three thousand can both be read.",
        url: "/api/v1/graph?q=name,orders.waiting,:eq,:sum&s=e-4h&scale=log-linear&w=600&h=200&style=telamon",
    },
    Graph {
        section: "Scales and units",
        name: "binary",
        title: "Binary units",
        shows: "Memory of the nodes in steps of 1,024; one of them was gone for three quarters of an hour.",
        url: "/api/v1/graph?q=name,memory,:eq,(,node,),:by,:stack,$(node),:legend&s=e-12h&tick_labels=binary&no_legend_stats=1&w=600&h=200&style=telamon",
    },
    Graph {
        section: "Scales and units",
        name: "axes",
        title: "Three axes",
        shows: "Requests, latency and CPU of the same hours, each with an axis in the colour of its line.",
        url: "/api/v1/graph?q=name,requests,:eq,app,checkout,:eq,:and,:sum,requests,:legend,name,latency,:eq,app,checkout,:eq,:and,:dist-avg,1,:axis,average+latency,:legend,name,cpu,:eq,:max,2,:axis,highest+CPU,:legend&s=e-6h&ylabel.0=requests+/+s&ylabel.1=latency&tick_labels.1=duration&ylabel.2=%25+CPU&l=0&w=500&h=200&style=telamon",
    },
    Graph {
        section: "Then and now",
        name: "week_over_week",
        title: "Week over week",
        shows: "Three days of requests and the same days of the week before, drawn where the new ones are: there are a few more now.",
        url: "/api/v1/graph?q=name,requests,:eq,:sum,this+week,:legend,name,requests,:eq,:sum,1w,:offset,a+week+ago,:legend&s=e-3d&w=600&h=200&style=telamon",
    },
    Graph {
        section: "Then and now",
        name: "rhythm",
        title: "A daily and weekly rhythm",
        shows: "Ten days in half hours: noon, night, and the weekend of the 7th and 8th.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by,:stack&s=2026-03-02&no_legend_stats=1&w=600&h=180&style=telamon",
    },
    Graph {
        section: "Then and now",
        name: "smoothing",
        title: "Smoothing and forecast",
        shows: "Network traffic, its mean of half an hour, and what double exponential smoothing expects of the next value.",
        url: "/api/v1/graph?q=name,net.bytes,:eq,id,out,:eq,:and,:sum,:dup,as+it+is,:legend,:swap,:dup,30m,:rolling-mean,2,:lw,mean+of+30m,:legend,:swap,20,0.1,0.02,:des,expected,:legend&s=e-6h&features=unstable&w=600&h=200&style=telamon",
    },
    Graph {
        section: "Then and now",
        name: "zones",
        title: "Time zones and daylight saving",
        shows: "The night in which America put its clocks forward, in three zones: between 01:00 and 03:00 in Los Angeles there is one hour.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by,:stack&s=2026-03-07T20:00&e=2026-03-08T10:00&tz=America/Los_Angeles&tz=UTC&tz=Europe/Berlin&no_legend_stats=1&w=600&h=160&style=telamon",
    },
    Graph {
        section: "Much and little",
        name: "dense",
        title: "1,440 points",
        shows: "A day minute by minute, a column of pixels for each.",
        url: "/api/v1/graph?q=name,net.bytes,:eq,id,out,:eq,:and,:sum&s=e-1d&no_legend=1&w=1440&h=160&style=telamon",
    },
    Graph {
        section: "Much and little",
        name: "thousand",
        title: "1,000 lines",
        shows: "A thousand nodes of the cache as lines. The heatmap above is the better answer, but this is what was asked.",
        url: "/api/v1/graph?q=name,cache.hits,:eq,(,node,),:by,40,:alpha&s=e-1h&no_legend=1&l=0&w=400&h=160&style=telamon",
    },
    Graph {
        section: "Much and little",
        name: "no_data",
        title: "No data",
        shows: "A name that nothing has: the picture says which test left nothing and what there is instead.",
        url: "/api/v1/graph?q=name,request,:eq,app,checkout,:eq,:and,:sum&w=600&h=160&no_legend=1&style=telamon",
    },
    Graph {
        section: "Much and little",
        name: "error",
        title: "A mistake",
        shows: "A word that does not exist, with its place and the nearest one that does; who asks for data gets the same as JSON.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by,:satck&w=600&h=160&style=telamon",
    },
    Graph {
        section: "Looks",
        name: "dark",
        title: "Dark",
        shows: "`theme=dark` has colours of its own.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by,:stack&s=e-6h&theme=dark&title=Requests+by+service&w=600&h=200&style=telamon",
    },
    Graph {
        section: "Looks",
        name: "zoom",
        title: "Twice the pixels",
        shows: "`zoom=2` for screens with small pixels: text and lines are drawn larger, not stretched.",
        url: "/api/v1/graph?q=name,cpu,:eq,(,node,),:by,max,3,:topk,$(node),:legend&s=e-3h&zoom=2&w=340&h=140&style=telamon",
    },
    Graph {
        section: "Looks",
        name: "vision",
        title: "Seen with other eyes",
        shows: "Colours of `palette=telamon` as somebody without green cones sees them.",
        url: "/api/v1/graph?q=name,cpu,:eq,(,node,),:by,max,8,:topk,$(node),:legend&s=e-3h&palette=telamon&vision=deuteranopia&no_legend_stats=1&w=600&h=200&style=telamon",
    },
    Graph {
        section: "Looks",
        name: "unicode",
        title: "Long labels in many scripts",
        shows: "Labels of any script are measured by the cells they take, and shortened in the middle where they have too little room.",
        url: "/api/v1/graph?q=name,requests,:eq,app,web,:eq,:and,:sum,Bestellungen+je+Sekunde+–+Zürich+·+Genève+·+Αθήνα,:legend,name,requests,:eq,app,search,:eq,:and,:sum,注文数+東京+大阪+名古屋,:legend,name,requests,:eq,app,checkout,:eq,:and,:sum,com.example.shop.checkout.payments.gateway.RetryingPaymentGatewayClient.authorizeAndCapture.requestsPerSecond,:legend&w=400&h=140&style=telamon",
    },
    Graph {
        section: "Looks",
        name: "atlas",
        title: "The style of Atlas",
        shows: "Without `style`, pictures have the size, canvas, ticks and legend of Netflix Atlas, so that dashboards keep their places. This one in our style:",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by&s=e-3h&title=Requests+by+service&w=400&h=160",
    },
    Graph {
        section: "Looks",
        name: "telamon",
        title: "Our style",
        shows: "The same graph with `style=telamon`.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by&s=e-3h&title=Requests+by+service&w=400&h=160&style=telamon",
    },
    Graph {
        section: "Looks",
        name: "scripts",
        title: "Labels of any script",
        shows: "Chinese, Japanese and Korean, Hebrew and Arabic from right to left, Thai, Hindi, Vietnamese, emoji: on any machine with the same fonts, and in the same columns.",
        url: "/api/v1/graph?q=name,requests,:eq,:sum,100,:mul,%E6%AF%8F%E7%A7%92%E8%AF%B7%E6%B1%82%E6%95%B0,:legend,name,requests,:eq,:sum,91,:mul,%E3%83%AA%E3%82%AF%E3%82%A8%E3%82%B9%E3%83%88%E6%95%B0+/+%E7%A7%92,:legend,name,requests,:eq,:sum,82,:mul,%EC%B4%88%EB%8B%B9+%EC%9A%94%EC%B2%AD+%EC%88%98,:legend,name,requests,:eq,:sum,73,:mul,%D7%91%D7%A7%D7%A9%D7%95%D7%AA+%D7%91%D7%A9%D7%A0%D7%99%D7%99%D7%94+(p99),:legend,name,requests,:eq,:sum,64,:mul,%D8%B7%D9%84%D8%A8%D8%A7%D8%AA+%D9%81%D9%8A+%D8%A7%D9%84%D8%AB%D8%A7%D9%86%D9%8A%D8%A9,:legend,name,requests,:eq,:sum,55,:mul,%E0%B8%84%E0%B8%B3%E0%B8%82%E0%B8%AD%E0%B8%95%E0%B9%88%E0%B8%AD%E0%B8%A7%E0%B8%B4%E0%B8%99%E0%B8%B2%E0%B8%97%E0%B8%B5,:legend,name,requests,:eq,:sum,46,:mul,%E0%A4%85%E0%A4%A8%E0%A5%81%E0%A4%B0%E0%A5%8B%E0%A4%A7+%E0%A4%AA%E0%A5%8D%E0%A4%B0%E0%A4%A4%E0%A4%BF+%E0%A4%B8%E0%A5%87%E0%A4%95%E0%A4%82%E0%A4%A1,:legend,name,requests,:eq,:sum,37,:mul,Y%C3%AAu+c%E1%BA%A7u+m%E1%BB%97i+gi%C3%A2y,:legend,name,requests,:eq,:sum,28,:mul,%F0%9F%9A%80+requests+%F0%9F%94%A5+%F0%9F%91%8D%F0%9F%8F%BD+%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB+%F0%9F%87%A9%F0%9F%87%AA,:legend&s=e-3h&title=Requests+in+nine+languages&ylabel=%E8%AF%B7%E6%B1%82+/+s&w=600&h=160&style=telamon",
    },
    Graph {
        section: "Not only pixels",
        name: "vector.svg",
        title: "SVG",
        shows: "The first graph as markup: lines have names and statistics to hover over, and a sentence for those who listen.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by&s=e-6h&title=Requests+by+service&format=svg&w=600&h=200&style=telamon",
    },
    Graph {
        section: "Not only pixels",
        name: "v2.json",
        title: "v2.json",
        shows: "All that a page needs to draw the graph itself.",
        url: "/api/v1/graph?q=name,requests,:eq,(,app,),:by&s=e-1h&step=5m&format=v2.json&hints=no-image",
    },
];
