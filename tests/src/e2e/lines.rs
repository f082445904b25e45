//! Agent lines at the edges of a server's life.

use std::net::UdpSocket;

use super::harness::{House, STEP_MS, T0, wait_for};

const CONFIG: &str = "[store]\nstep = \"10s\"\n";

fn send(house: &House, packet: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let before = house.metric("telamon_udp_packets_total");
    socket
        .send_to(packet.as_bytes(), house.udp_address())
        .unwrap();
    wait_for("the packet", || {
        (house.metric("telamon_udp_packets_total") > before).then_some(())
    });
}

#[test]
fn a_stop_sends_on_the_open_step() {
    let mut house = House::held(CONFIG, T0 + 2000);
    send(&house, "c:last.words:30\nm:last.max:7");
    house.restart();
    let end = T0 + STEP_MS;
    assert_eq!(house.value_at("name,last.words,:eq,:sum", end), Some(3.0));
    assert_eq!(house.value_at("name,last.max,:eq,:max", end), Some(7.0));
    // What comes in the rest of the step, after the restart, is added to it.
    send(&house, "c:last.words:10\nm:last.max:5");
    house.end_step(end);
    wait_for("the rest of the step", || {
        let sum = house.value_at("name,last.words,:eq,:sum", end)?;
        (sum == 4.0).then_some(())
    });
    assert_eq!(house.value_at("name,last.max,:eq,:max", end), Some(7.0));
}

#[test]
fn lines_and_datapoints_live_side_by_side() {
    let mut house = House::held(CONFIG, T0 + 2000);
    let end = T0 + STEP_MS;
    send(&house, "c:requests,nf.node=i-1:20\ng:load,nf.node=i-1:0.5");
    house.end_step(end);
    let body = serde_json::json!({"metrics": [{
        "tags": {"name": "requests", "nf.node": "i-2", "atlas.dstype": "rate"},
        "timestamp": end,
        "value": 5,
    }]});
    house.publish(&body).with_status(200);
    let q = "name,requests,:eq,:sum";
    let total = wait_for("both", || {
        house.value_at(q, end).filter(|&value| value != 5.0)
    });
    assert_eq!(total, 7.0, "2 a second by lines, 5 a second by a publish");
    let count = house.value_at("name,requests,:eq,:count", end);
    assert_eq!(count, Some(2.0));
}
