//! What is wrong with a program, drawn under the place where it is.
//!
//! Takes a fault of the language, or an answer of a server that tells of one; gives the same drawing for
//! both.

use serde_json::Value;

use telamon_query::lang::{ErrorClass, Help, LangError, Report, plain_words, render_caret};

use super::source::Answer;

/// A fault of the language.
pub(crate) fn draw(error: &LangError, program: &str) -> String {
    render_caret(error, program).trim_end().to_owned()
}

/// What an answer that is no success says, with the place in the program if it tells one.
pub(crate) fn draw_answer(answer: &Answer, program: &str) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(message) = body["message"].as_str() else {
        return format!("the server answers with status {}", answer.status);
    };
    let detail = &body["error"];
    let text = |field: &str| detail[field].as_str().map(str::to_owned);
    let place = |end: &str| usize::try_from(detail["span"][end].as_u64()?).ok();
    let title = text("title").unwrap_or_else(|| plain_words(message));
    let (Some(start), Some(end)) = (place("start"), place("end")) else {
        let report = Report {
            title,
            hint: detail["hint"].as_str(),
            ..Report::default()
        };
        return report.to_text().trim_end().to_owned();
    };
    let error = LangError {
        class: ErrorClass::IllegalState,
        text: message.to_owned(),
        span: start..end,
        help: Box::new(Help {
            title: Some(title),
            word: text("word"),
            stack: texts(&detail["stack"]),
            expected: texts(&detail["expected"]),
            nearest: text("nearest"),
            hint: text("hint"),
            ..Help::default()
        }),
    };
    draw(&error, program)
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use telamon_query::lang;

    use super::super::program::options;
    use super::*;

    /// The body that the server sends for a fault.
    fn answer(error: &LangError) -> Answer {
        let body = serde_json::json!({
            "type": "error",
            "message": error.message(),
            "error": {
                "title": error.title(),
                "span": {"start": error.span.start, "end": error.span.end},
                "stack": error.help.stack,
                "expected": error.help.expected,
                "nearest": error.help.nearest,
                "hint": error.help.hint,
            },
        });
        Answer {
            status: 400,
            body: body.to_string().into_bytes(),
        }
    }

    #[test]
    fn an_answer_is_drawn_like_the_fault_itself() {
        for program in [
            "name,sps,:eq,:smu",
            "1,:by",
            "/* open",
            "name,a,:eq,\n:sum,é,:nope",
            "a",
        ] {
            let error = lang::parse(program, &options()).unwrap_err();
            let drawn = draw(&error, program);
            assert!(drawn.contains('^'), "{drawn}");
            assert_eq!(draw_answer(&answer(&error), program), drawn, "{program}");
        }
    }

    #[test]
    fn an_answer_without_a_place_says_what_it_says() {
        let of = |body: &str| {
            let body = body.as_bytes().to_vec();
            draw_answer(&Answer { status: 500, body }, "1")
        };
        assert_eq!(of("<html>"), "the server answers with status 500");
        assert_eq!(
            of(r#"{"message":"IllegalArgumentException: no: way"}"#),
            "no: way"
        );
        assert_eq!(
            of(r#"{"message":"busy","error":{"hint":"try again"}}"#),
            "busy\nhint: try again"
        );
    }
}
