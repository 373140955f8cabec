//! The form in which a memo is written: its fields, and the memo's text that they make.

use demur_memo::{MAX_POINTS, Memo, marking::Rules};

use crate::{author::hints::blocks, form::Form, signing::sentence};

/// What stands for words that are not written yet.
const GAP: &str = "…";

/// The fields of the form that are kept while one writes.
pub(super) const KEPT: [&str; 13] = [
    "base",
    "own-name",
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
    /// The author's name, where this device does not know it: it is looked for in the text, and stands in no memo.
    pub(super) own_name: String,
}

pub(super) struct PointFields {
    pub(super) number: usize,
    pub(super) marking: String,
    pub(super) policy: String,
    pub(super) argument: String,
    pub(super) recommendation: String,
}

pub(super) fn parse(form: &Form, rules: &Rules) -> Result<Memo, String> {
    Memo::parse(&compose(&Fields::of(form)), rules).map_err(|e| sentence(&e.problem.to_string()))
}

/// The memo as far as it is written, for the banner and the preview: what is still empty is a gap, and a paragraph whose marking is missing or not
/// allowed says so in its place. `lowest` is a marking that the rules allow. `None` where not even that can be read.
pub(super) fn unfinished(form: &Form, rules: &Rules, lowest: &str) -> Option<Memo> {
    let mut fields = Fields::of(form);
    let gap = |text: &mut String| {
        if text.trim().is_empty() {
            GAP.clone_into(text);
        }
    };
    let allowed = |marking: &mut String| {
        if rules.marking(marking).is_err() {
            lowest.clone_into(marking);
        }
    };
    gap(&mut fields.title);
    allowed(&mut fields.title_marking);
    if fields.points.is_empty() {
        fields = fields.with_empty_point();
    }
    for point in &mut fields.points {
        allowed(&mut point.marking);
        gap(&mut point.policy);
        gap(&mut point.argument);
        gap(&mut point.recommendation);
    }
    gap(&mut fields.body);
    let body: Vec<String> = blocks(&fields.body)
        .map(|block| {
            let marked = block.trim_start_matches(['#', '>', ' ']);
            match rules.leading(marked) {
                Ok(_) => block.to_owned(),
                Err(_) if !marked.starts_with('(') => {
                    let signs = &block[..block.len() - marked.len()];
                    format!("{signs}({lowest}) [no marking yet] {marked}")
                }
                Err(_) => format!("({lowest}) [not shown: its marking is not allowed here]"),
            }
        })
        .collect();
    fields.body = body.join("\n\n");
    Memo::parse(&compose(&fields), rules).ok()
}

/// A TOML string. JSON's escapes are TOML's, too.
fn toml(text: &str) -> String {
    serde_json::Value::from(text.trim()).to_string()
}

/// The memo's text as the form has it.
fn compose(fields: &Fields) -> String {
    let mut text = String::from("+++\n");
    let marked = format!("({}) {}", fields.title_marking, fields.title);
    text.push_str(&format!("title = {}\n", toml(&marked)));
    let to: Vec<String> = fields
        .to
        .split([';', '\n'])
        .map(str::trim)
        .filter(|to| !to.is_empty())
        .map(toml)
        .collect();
    if !to.is_empty() {
        text.push_str(&format!("to = [{}]\n", to.join(", ")));
    }
    if !fields.date.is_empty() {
        text.push_str(&format!("date = {}\n", toml(&fields.date)));
    }
    for point in &fields.points {
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
    text.push_str(&fields.body);
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
            own_name: form.text("own-name").to_owned(),
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
            own_name: String::new(),
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
    fn what_is_unfinished_is_shown_as_far_as_it_goes() {
        for (missing, aims) in [
            ("refuse", "# (U) [no marking yet] Aims"),
            ("inherit-lowest", "# (U) Aims"),
        ] {
            let rules = Rules::new("state", "SBU", &[""; 0], missing).unwrap();
            let of = |form: &Form| unfinished(form, &rules, "U").unwrap();
            assert_eq!(of(&Form::new()).banner(), "UNCLASSIFIED");
            let begun = Form::new()
                .with("title-marking", "S")
                .with("point-marking", "U")
                .with("point-policy", "Dams first")
                .with("body", "(S) Too much.\n\n# Aims\n\n(SBU) It is wrong.");
            assert!(parse(&begun, &rules).is_err());
            let memo = of(&begun);
            assert_eq!(memo.banner(), "SENSITIVE BUT UNCLASSIFIED");
            assert_eq!(memo.head().title, "…");
            assert_eq!(memo.head().points[0].policy, "Dams first");
            let body: Vec<String> = memo.portions().iter().map(|p| p.to_text()).collect();
            assert_eq!(
                body,
                [
                    "(U) [not shown: its marking is not allowed here]",
                    aims,
                    "(SBU) It is wrong."
                ]
            );
        }
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
