mod limits;
mod page;

use std::path::Path;

use telamon_model::duration::parse_millis;

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/telamon"), &Overrides::default())
}

#[test]
fn an_empty_file_is_the_default() {
    let config = parse("").unwrap();
    assert_eq!(config.store.step.as_millis(), 10_000);
    assert_eq!(config.store.block_slots, 360);
    assert_eq!(config.ingest.age_max_ms, 60_000);
    assert!(config.http.listen.ip().is_loopback());
    assert!(config.udp.listen.unwrap().ip().is_loopback());
}

#[test]
fn the_age_follows_the_step() {
    let config = parse("[store]\nstep = \"60s\"\n").unwrap();
    assert_eq!(config.ingest.age_max_ms, 120_000);
}

#[test]
fn all_problems_are_reported_with_their_keys() {
    let text = r#"
        colour = "red"
        [store]
        step = 10
        block = "7s"
        sync = "always"
        [http]
        listen = "localhost"
        body_max = "8 apples"
        [query]
        threads = -1
        [graph]
        timezone = "Mars/Phobos"
        [fonts]
        dir = 7
        dirs = "fonts"
        [log]
        level = "loud"
        format = "xml"
    "#;
    let error = parse(text).unwrap_err();
    let keys: Vec<&str> = error
        .problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(
        keys,
        [
            "colour",
            "store.sync",
            "store.step",
            "store.block",
            "http.listen",
            "http.body_max",
            "query.threads",
            "graph.timezone",
            "fonts.dirs",
            "fonts.dir",
            "log.level",
            "log.format",
        ]
    );
}

#[test]
fn broken_toml_is_one_problem_with_its_place() {
    let error = parse("[store\nstep = 1").unwrap_err();
    assert_eq!(error.problems.len(), 1);
    assert!(error.to_string().contains("line 1"), "{error}");
}

#[test]
fn the_printed_form_reads_back_the_same() {
    let text = r#"
        [store]
        data = "/var/lib/telamon"
        step = "60s"
        fsync = "always"
        [http]
        listen = "0.0.0.0:80"
        body_max = "9KB"
        cors_hosts = [".example.com", "a\"b"]
        [udp]
        listen = ""
        [fonts]
        dir = "fonts"
        [alert]
        rules = ["rules/a.yml"]
        public_url = "https://telamon.example.com/"
        webhooks = { pager = "http://127.0.0.1:9/hook" }
        [log]
        format = "json"
    "#;
    let config = parse(text).unwrap();
    assert_eq!(config.alert.rules, [Path::new("/etc/telamon/rules/a.yml")]);
    assert_eq!(
        config.fonts.dir.as_deref(),
        Some(Path::new("/etc/telamon/fonts"))
    );
    assert_eq!(config.udp.listen, None);
    let printed = config.to_string();
    assert_eq!(parse(&printed).unwrap(), config, "{printed}");
}

#[test]
fn sizes_have_units() {
    for (text, bytes) in [
        ("8MiB", Some(8 << 20)),
        ("8 MB", Some(8_000_000)),
        ("17B", Some(17)),
        ("17", None),
        ("MiB", None),
        ("99999999999999999999GiB", None),
    ] {
        assert_eq!(reader::parse_bytes(text), bytes, "{text}");
    }
}

#[test]
fn the_command_line_wins() {
    let overrides = Overrides {
        listen: Some(([127, 0, 0, 1], 0).into()),
        data: Some("elsewhere".into()),
    };
    let text = "[http]\nlisten = \"127.0.0.1:1\"\n[store]\ndata = \"here\"\n";
    let config = Config::parse(text, Path::new("."), &overrides).unwrap();
    assert_eq!(config.http.listen.port(), 0);
    assert_eq!(config.store.data, Path::new("elsewhere"));
}

#[test]
fn webhooks_are_web_urls_with_a_host() {
    for (url, is_right) in [
        ("\"http://127.0.0.1:9/hook\"", true),
        ("\"https://user:word@chat.example.com\"", true),
        ("\"http://[::1]:8080/?a=b\"", true),
        ("\"\"", false),
        ("\"chat.example.com/hook\"", false),
        ("\"chat.example.com:80\"", false),
        ("\"/hook\"", false),
        ("\"ftp://chat.example.com/\"", false),
        ("\"http://\"", false),
        ("\"http://:80/\"", false),
        ("\"http://chat.example.com:99999/\"", false),
        ("\"http://chat example.com/\"", false),
        ("9", false),
    ] {
        let parsed = parse(&format!("[alert.webhooks]\npager = {url}\n"));
        match parsed {
            Ok(_) => assert!(is_right, "{url}"),
            Err(error) => {
                assert!(!is_right, "{url}: {error}");
                let keys: Vec<&str> = error.problems.iter().map(|p| p.key.as_str()).collect();
                assert_eq!(keys, ["alert.webhooks.pager"], "{url}");
            }
        }
    }
}

/// Words of one's own are read, printed and read again; what is wrong with them has its key.
#[test]
fn own_words_are_part_of_the_configuration() {
    let text = r#"
        [language.averages.pod-avg]
        query = "name,pods,:eq"
        [language.words.error-rate]
        program = "name,errors,:eq,:over,:and,:swap,name,requests,:eq,:and,:div"
        examples = ["app,api,:eq,:error-rate,:pod-avg", "app,api,:eq,:error-rate"]
    "#;
    let error = parse(text).unwrap_err().to_string();
    assert!(
        error.contains("language.words.error-rate.examples: :pod-avg cannot use"),
        "{error}"
    );
    let config = parse(&text.replace("\"app,api,:eq,:error-rate,:pod-avg\", ", "")).unwrap();
    assert_eq!(config.language.averages()[0].keys.len(), 11);
    assert_eq!(parse(&config.to_string()).unwrap(), config);

    let wrong = "[language]\nwords = 5\naverages = { a = 5, b = { keys = 7, kyes = [] } }\n";
    let error = parse(wrong).unwrap_err().to_string();
    for expected in [
        "language.words: expected a table of tables, found 5",
        "language.averages.a: expected a table, found 5",
        "language.averages.b.keys: expected a list of texts, found 7",
        "language.averages.b.kyes: unknown key",
        "language.averages.b.query: expected text, found nothing",
    ] {
        assert!(error.contains(expected), "{expected} in\n{error}");
    }
}
