//! A client that goes away takes its query with it.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::harness::{House, STEP_MS, T0, escape, wait_for};

/// Values that take long to compare with a pattern of many ways.
fn payload() -> Value {
    let metrics: Vec<Value> = (0..400)
        .map(|index| {
            let tags = json!({
                "name": "slow", "app": format!("{}-{index}", "a".repeat(100)),
                "atlas.dstype": "gauge",
            });
            json!({"tags": tags, "timestamp": T0, "value": 1})
        })
        .collect();
    json!({"metrics": metrics})
}

/// As many data expressions as there are numbers, each with a pattern of its own: much more work than
/// the test waits for.
fn program() -> String {
    let numbers: Vec<String> = (0..300).map(|number| number.to_string()).collect();
    format!(
        "(,{},),(,v,:swap,:set,app,(a*)*(?=(a*)*$)(a|aa)*b%s,v,:get,1,:nlist,:format,:re,:sum,),:each",
        numbers.join(",")
    )
}

#[test]
fn a_query_ends_when_its_client_goes_away() {
    let house = House::held("[http]\nrequest_timeout = \"1h\"\n", T0 + STEP_MS);
    house.publish(&payload()).with_status(200);
    let target = format!("/api/v1/graph?format=json&s=e-1m&q={}", escape(&program()));
    let mut client = TcpStream::connect(house.http_address()).unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n");
    client.write_all(request.as_bytes()).unwrap();
    wait_for("the query to begin", || {
        (house.metric("telamon_query_jobs") > 0.0).then_some(())
    });
    assert!(house.metric("telamon_query_cancelled_total") == 0.0);
    drop(client);
    wait_for("the query to end", || {
        (house.metric("telamon_query_cancelled_total") > 0.0).then_some(())
    });
    wait_for("the worker to stop", || {
        (house.metric("telamon_query_jobs") == 0.0).then_some(())
    });
    house.graph("1", "format=json").with_status(200);
}
