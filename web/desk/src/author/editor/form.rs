//! The form in which a memo is written: its fields, and the memo's text that they make.

use demur_memo::{MAX_POINTS, Memo, marking::Rules};

use crate::{form::Form, signing::sentence};

/// The fields of the form that are kept while one writes.
pub(super) const KEPT: [&str; 12] = [
    "base",
    "title-marking",
    "title",
    "to",
    "date",
    "point-marking",
    "point-policy",
    "point-argument",
    "point-recommendation",
    "body",
    "with",
    "threshold",
];

pub(super) struct Fields {
    pub(super) title_marking: String,
    pub(super) title: String,
    pub(super) to: String,
    pub(super) date: String,
    pub(super) points: Vec<PointFields>,
    pub(super) body: String,
    pub(super) with: String,
    pub(super) threshold: String,
}

pub(super) struct PointFields {
    pub(super) number: usize,
    pub(super) marking: String,
    pub(super) policy: String,
    pub(super) argument: String,
    pub(super) recommendation: String,
}

pub(super) fn parse(form: &Form, rules: &Rules) -> Result<Memo, String> {
    Memo::parse(&compose(form), rules).map_err(|e| sentence(&e.problem.to_string()))
}

/// A TOML string. JSON's escapes are TOML's, too.
fn toml(text: &str) -> String {
    serde_json::Value::from(text.trim()).to_string()
}

/// The memo's text as the form has it.
fn compose(form: &Form) -> String {
    let mut text = String::from("+++\n");
    let marked = format!("({}) {}", form.text("title-marking"), form.text("title"));
    text.push_str(&format!("title = {}\n", toml(&marked)));
    let to: Vec<String> = form
        .text("to")
        .split([';', '\n'])
        .map(str::trim)
        .filter(|to| !to.is_empty())
        .map(toml)
        .collect();
    if !to.is_empty() {
        text.push_str(&format!("to = [{}]\n", to.join(", ")));
    }
    if !form.text("date").is_empty() {
        text.push_str(&format!("date = {}\n", toml(form.text("date"))));
    }
    for point in points(form) {
        text.push_str(&format!(
            "\n[[point]]\nnumber = {}\nmarking = {}\npolicy = {}\nargument = {}\nrecommendation = {}\n",
            point.number,
            toml(&point.marking),
            toml(&point.policy),
            toml(&point.argument),
            toml(&point.recommendation)
        ));
    }
    text.push_str("+++\n\n");
    text.push_str(form.raw("body"));
    text.push('\n');
    text
}

/// The points that say anything, numbered in their order.
pub(super) fn points(form: &Form) -> Vec<PointFields> {
    let column = |name: &'static str| form.all(name).map(str::to_owned).collect::<Vec<_>>();
    let (markings, policies) = (column("point-marking"), column("point-policy"));
    let (arguments, recommendations) = (column("point-argument"), column("point-recommendation"));
    let at = |column: &[String], i: usize| column.get(i).cloned().unwrap_or_default();
    (0..policies.len())
        .map(|i| PointFields {
            number: 0,
            marking: at(&markings, i),
            policy: at(&policies, i),
            argument: at(&arguments, i),
            recommendation: at(&recommendations, i),
        })
        .filter(|p| {
            [&p.policy, &p.argument, &p.recommendation]
                .iter()
                .any(|text| !text.trim().is_empty())
        })
        .enumerate()
        .map(|(i, point)| PointFields {
            number: i + 1,
            ..point
        })
        .collect()
}

impl Fields {
    pub(super) fn of(form: &Form) -> Self {
        Self {
            title_marking: form.text("title-marking").to_owned(),
            title: form.text("title").to_owned(),
            to: form.text("to").to_owned(),
            date: form.text("date").to_owned(),
            points: points(form),
            body: form.raw("body").to_owned(),
            with: form.text("with").to_owned(),
            threshold: form.text("threshold").to_owned(),
        }
    }

    pub(super) fn from_memo(memo: &Memo) -> Self {
        let head = memo.head();
        let portions = memo.portions().iter().map(|portion| portion.to_text());
        Self {
            title_marking: head.title_marking.to_string(),
            title: head.title.clone(),
            to: head.to.join("; "),
            date: head.date.clone().unwrap_or_default(),
            points: head
                .points
                .iter()
                .enumerate()
                .map(|(i, point)| PointFields {
                    number: i + 1,
                    marking: point.marking.to_string(),
                    policy: point.policy.clone(),
                    argument: point.argument.clone(),
                    recommendation: point.recommendation.clone(),
                })
                .collect(),
            body: portions.collect::<Vec<_>>().join("\n\n"),
            with: String::new(),
            threshold: String::new(),
        }
    }

    /// One more point to fill in.
    pub(super) fn with_empty_point(mut self) -> Self {
        if self.points.len() < MAX_POINTS {
            self.points.push(PointFields {
                number: self.points.len() + 1,
                marking: "U".to_owned(),
                policy: String::new(),
                argument: String::new(),
                recommendation: String::new(),
            });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_parsed() {
        let rules = Rules::new("state", "SBU", &[""; 0], "inherit-lowest").unwrap();
        let form = Form::new()
            .with("title-marking", "U")
            .with("title", "On \"rivers\" \\ and <b>banks</b>")
            .with("to", "The Minister; The Inspector")
            .with("date", "2026-11-27")
            .with("point-marking", "U")
            .with("point-policy", "")
            .with("point-argument", "")
            .with("point-recommendation", "")
            .with("point-marking", "SBU")
            .with("point-policy", "Dams\nfirst")
            .with("point-argument", "They break")
            .with("point-recommendation", "Dikes")
            .with("body", "(SBU) It is wrong.\n\n(U) Do not.");
        let memo = parse(&form, &rules).unwrap();
        assert_eq!(memo.head().title, "On \"rivers\" \\ and <b>banks</b>");
        assert_eq!(memo.head().to.len(), 2);
        assert_eq!(memo.head().points.len(), 1, "an empty point is none");
        assert_eq!(memo.head().points[0].policy, "Dams first");
        assert_eq!(memo.portions().len(), 2);
        let again = Fields::from_memo(&memo);
        assert_eq!(again.body, "(SBU) It is wrong.\n\n(U) Do not.");
    }

    #[test]
    fn a_text_above_the_ceiling_is_refused_with_the_reason() {
        let rules = Rules::new("state", "SBU", &[""; 0], "inherit-lowest").unwrap();
        let form = Form::new()
            .with("title-marking", "U")
            .with("title", "T")
            .with("body", "(S) Too much.");
        assert!(parse(&form, &rules).unwrap_err().contains("ortion 1"));
    }
}
