use super::*;
use crate::lang::{complete, parse};

fn average(name: &str, query: &str) -> OwnAverage {
    OwnAverage {
        name: name.to_owned(),
        query: query.to_owned(),
        keys: ["app".to_owned(), "zone".to_owned()].into(),
    }
}

fn named(name: &str, program: &str, example: &str) -> OwnMacro {
    OwnMacro {
        name: name.to_owned(),
        program: program.to_owned(),
        summary: "What our errors are.".to_owned(),
        examples: vec![example.to_owned()],
    }
}

fn options(own: OwnWords) -> ParseOptions {
    ParseOptions {
        own,
        ..ParseOptions::reference()
    }
}

fn printed(program: &str, options: &ParseOptions) -> String {
    match parse(program, options) {
        Ok(exprs) => exprs.iter().map(ToString::to_string).collect(),
        Err(error) => render_caret(&error, program),
    }
}

/// An average divides by the base, restricted by what the query says about its keys, and prints as its
/// name; what is printed is read again.
#[test]
fn an_average_divides_by_its_own_count() {
    let own = OwnWords::new(vec![average("pod-avg", "name,pods,:eq")], Vec::new()).unwrap();
    let options = options(own);
    for (program, evaluated) in [
        (
            "name,cpu,:eq,app,api,:eq,:and,node,i-1,:eq,:and,:pod-avg",
            "name,cpu,:eq,app,api,:eq,:and,node,i-1,:eq,:and,:sum,name,pods,:eq,app,api,:eq,:and,:sum,:div",
        ),
        (
            "name,cpu,:eq,:pod-avg,(,app,node,),:by",
            "name,cpu,:eq,:sum,(,app,node,),:by,name,pods,:eq,:sum,(,app,),:by,:div",
        ),
    ] {
        let exprs = parse(program, &options).unwrap();
        let crate::expr::Expr::Rewrite(rewrite) = &*exprs[0].expr else {
            panic!("{program} is no rewrite");
        };
        assert_eq!(rewrite.eval.to_string(), evaluated);
        assert_eq!(exprs[0].to_string(), program);
        assert_eq!(parse(&exprs[0].to_string(), &options).unwrap(), exprs);
    }
    let added = printed("name,cpu,:eq,:pod-avg,app,web,:eq,:cq", &options);
    assert_eq!(added, "name,cpu,:eq,app,web,:eq,:and,:pod-avg");
}

/// A name stands for its program, whatever it does to the stack.
#[test]
fn a_name_stands_for_its_program() {
    let own = OwnWords::new(
        vec![average("pod-avg", "name,pods,:eq")],
        vec![
            named(
                "error-rate",
                "name,errors,:eq,:over,:and, /* part of */ :swap,name,requests,:eq,:and,:div,100,:mul",
                "app,api,:eq,:error-rate",
            ),
            named("twice", ":dup,:add", "name,cpu,:eq,:pod-avg,:twice"),
        ],
    )
    .unwrap();
    let options = options(own);
    assert_eq!(
        printed("app,web,:eq,:error-rate", &options),
        "name,errors,:eq,app,web,:eq,:and,:sum,app,web,:eq,name,requests,:eq,:and,:sum,:div,100.0,:const,:mul"
    );
    assert_eq!(printed("3,:twice", &options), "6.0,:const");
    let offered: Vec<&str> = complete("app,web,:eq", &options, Vocabulary::Custom)
        .unwrap()
        .iter()
        .map(|word| word.name)
        .collect();
    assert!(
        offered.contains(&"error-rate") && offered.contains(&"pod-avg"),
        "{offered:?}"
    );
    let slip = printed("app,web,:eq,:eror-rate", &options);
    assert!(slip.contains("did you mean :error-rate?"), "{slip}");
}

/// The averages that the reference ships may be defined anew; nobody else's program changes.
#[test]
fn a_shipped_average_can_be_replaced() {
    let own = OwnWords::new(vec![average("node-avg", "name,up,:eq")], Vec::new()).unwrap();
    let text = |options: &ParseOptions| {
        let exprs = parse("name,cpu,:eq,:node-avg", options).unwrap();
        format!("{:?}", exprs[0].expr)
    };
    assert!(text(&options(own)).contains("\"up\""));
    assert!(!text(&ParseOptions::reference()).contains("\"up\""));
}

#[test]
fn all_that_is_wrong_is_told() {
    let errors = OwnWords::new(
        vec![
            average("sum", "name,pods,:eq"),
            average("Pods", "name,pods,:eq"),
            average("pod-avg", "name,pods,:eqq"),
        ],
        vec![
            named("late", "/* never closed", "1,:late"),
            named("late-too", ":late", "1,:late-too"),
            named("broken", ":dup,:add", "name,:broken"),
            named("loop", ":loop", "1,:loop"),
            OwnMacro {
                examples: Vec::new(),
                ..named("untried", ":dup", "")
            },
        ],
    )
    .unwrap_err();
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    expect_test::expect![[r#"
        :sum, name: there is a word of this name in the vocabulary data
        :Pods, name: a name has lower-case letters, digits and hyphens, and begins with a letter
        :pod-avg, query: unknown word ':eqq'
          name,pods,:eqq
                    ^^^^
        did you mean :eq?
        hint: for example name,sps,:eq
        fits: :eq k:String v:String -- Query
        stack: name  |  pods
        :late, program: a comment has only one end
          /* never closed
          ^^
        hint: comments stand between `/*` and `*/`; in a value write the slash as \u002f
        :late, examples: unknown word ':late'
          1,:late
            ^^^^^
        did you mean :le?
        hint: for example name,sps,:le
        fits: :line StyleExpr -- StyleExpr
        stack: 1
        :late-too, examples: unknown word ':late'
          1,:late-too
            ^^^^^^^^^
        did you mean :le?
        hint: for example name,sps,:le
        fits: :line StyleExpr -- StyleExpr
        stack: 1
        :broken, examples: :add cannot use the text `name`
          name,:broken
          ^^^^
        hint: text selects nothing by itself; series are selected with key,value,:eq, such as name,name,:eq
        takes: t1:TimeSeriesExpr t2:TimeSeriesExpr -- TimeSeriesExpr
        stack: name  |  name
        :loop, examples: a program calls itself, or programs are nested too deeply
          1,:loop
            ^^^^^
        hint: at most 10 programs stand within each other
        stack: 1
        :untried, examples: give at least one program that uses the word"#]].assert_eq(&texts.join("\n"));
}
