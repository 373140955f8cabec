//! Writing the response, point by point, beside the memo.

use std::collections::BTreeMap;

use askama::Template;
use demur_channel::Response;
use demur_client::office;
use demur_encoding::Digest;
use demur_memo::Memo;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    memo_view::{Paper, PointView, point_views},
    platform::Platform,
    route,
    signing::sentence,
    texts,
};

/// The fields of the form that are kept while one writes.
const KEPT: [&str; 3] = ["general", "outcome", "answer"];

/// The outcomes, and what they are called.
const OUTCOMES: [(&str, &str); 4] = [
    ("accepted", "accepted: it is followed"),
    ("partly", "partly: it is followed in part"),
    ("rejected", "rejected: it is not followed"),
    ("noted", "noted: it was heard, nothing is decided"),
];

#[derive(Template)]
#[template(path = "respond.html")]
struct Respond {
    id: String,
    short: String,
    paper: Paper,
    points: Vec<PointForm>,
    outcomes: [(&'static str, &'static str); 4],
    general: String,
    check: ResponseCheck,
}

#[derive(Template)]
#[template(path = "respond_check.html")]
struct CheckPart {
    check: ResponseCheck,
}

struct PointForm {
    number: usize,
    policy: String,
    outcome: String,
    answer: String,
}

struct ResponseCheck {
    missing: Vec<String>,
    points: usize,
    saved: bool,
}

/// A point, and what was answered to it.
pub(crate) struct AnsweredPoint {
    pub(crate) number: u32,
    pub(crate) outcome: &'static str,
    pub(crate) answer: String,
    pub(crate) point: Option<PointView>,
}

/// A response beside the points of the memo that it answers.
pub(crate) fn answered(response: &Response, memo: Option<&Memo>) -> Vec<AnsweredPoint> {
    let mut views: BTreeMap<u32, PointView> = { memo.into_iter() }
        .flat_map(|memo| (1..).zip(point_views(memo)))
        .collect();
    let line = |answer: &demur_channel::PointAnswer| AnsweredPoint {
        number: answer.number,
        outcome: answer.outcome.as_str(),
        answer: texts::plain(&answer.answer),
        point: views.remove(&answer.number),
    };
    response.points().iter().map(line).collect()
}

fn key(memo: Digest) -> String {
    format!("respond-{memo}")
}

/// What the form says of each point, in the memo's order.
fn points(form: &Form, memo: &Memo) -> Vec<PointForm> {
    let (mut outcomes, mut answers) = (form.all("outcome"), form.all("answer"));
    let point = |(i, point): (usize, &demur_memo::Point)| PointForm {
        number: i + 1,
        policy: point.policy.clone(),
        outcome: outcomes.next().unwrap_or_default().to_owned(),
        answer: lines(answers.next().unwrap_or_default()),
    };
    memo.head().points.iter().enumerate().map(point).collect()
}

/// As a browser's text area gives it, the line ends may be two characters.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// What is missing still; nothing where the response is complete.
fn missing(points: &[PointForm]) -> Vec<String> {
    let missing = |point: &PointForm| {
        let what = match (point.outcome.is_empty(), point.answer.is_empty()) {
            (true, true) => "neither an outcome nor an answer yet",
            (true, false) => "no outcome yet",
            (false, true) => "no answer yet",
            (false, false) => return None,
        };
        Some(format!("Point {}: {what}", point.number))
    };
    points.iter().filter_map(missing).collect()
}

/// The response that the form holds, made as the program makes it of a text.
fn compose(memo: Digest, general: &str, points: &[PointForm]) -> Result<Response, Trouble> {
    let general = lines(general);
    let heading = |text: &str| text.lines().any(|line| line.starts_with("## Point"));
    let place = points.iter().find(|point| heading(&point.answer));
    let place = place.map(|point| format!("The answer to point {}", point.number));
    let place = place.or_else(|| heading(&general).then(|| "The general part".to_owned()));
    if let Some(place) = place {
        return Err(Trouble::input(format!(
            "{place}: a line begins with “## Point”, as the response's own headings do; write it another way."
        )));
    }
    let mut text = format!("+++\nmemo = \"{memo}\"\n+++\n\n{general}\n");
    for point in points {
        let PointForm {
            number,
            outcome,
            answer,
            ..
        } = point;
        text.push_str(&format!("\n## Point {number}: {outcome}\n\n{answer}\n"));
    }
    Response::parse(&text).map_err(|e| Trouble::input(sentence(&e.to_string())))
}

impl<P: Platform> Desk<P> {
    /// The form, beside the memo that was opened.
    pub(crate) fn respond_page(&self, memo: Digest) -> Result<Answer, Trouble> {
        let text = &self.open_case(memo)?.opened.memo;
        let kept = self.kept_text(&key(memo))?;
        let points = points(&kept, text);
        let page = Respond {
            id: memo.to_string(),
            short: memo.short(),
            paper: Paper::of(text),
            general: kept.raw("general").to_owned(),
            check: ResponseCheck {
                missing: missing(&points),
                points: points.len(),
                saved: false,
            },
            points,
            outcomes: OUTCOMES,
        };
        Ok(Answer::page("Write the response", &page)?.at(format!("/desk/office/{memo}/respond")))
    }

    /// While one types: what is missing; and the text is kept, sealed, on this device.
    pub(crate) async fn respond_live(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        self.keep_text(key(memo), form, &KEPT).await?;
        let points = points(form, &self.open_case(memo)?.opened.memo);
        let check = ResponseCheck {
            missing: missing(&points),
            points: points.len(),
            saved: true,
        };
        Answer::part("response-check", &CheckPart { check })
    }

    /// Answers each point.
    pub(crate) async fn respond(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        // Kept first: whatever happens to what follows, the words are there.
        self.keep_text(key(memo), form, &KEPT).await?;
        self.sync().await?;
        let keys = self.office_keys().await?;
        let points = points(form, &self.open_case(memo)?.opened.memo);
        let missing = missing(&points);
        if !missing.is_empty() {
            return Err(Trouble::input(format!(
                "A response answers every point. {}.",
                missing.join("; ")
            )));
        }
        let count = u32::try_from(points.len()).map_err(Trouble::other)?;
        let response = compose(memo, form.raw("general"), &points)?;
        let rng = &mut Self::rng();
        let post = office::respond(&keys, memo, count, response, self.mirror()?, rng)
            .map_err(|e| Trouble::input(sentence(&e.to_string())))?;
        let answer = self.step(memo, &post, "Answered, all points.").await?;
        self.drop_text(&key(memo)).await?;
        Ok(answer)
    }

    /// What was kept under a key while somebody wrote.
    pub(crate) fn kept_text(&self, key: &str) -> Result<Form, Trouble> {
        let kept = self.opened()?.texts.drafts.get(key).into_iter().flatten();
        let texts = kept.flat_map(|(name, values)| values.iter().map(move |v| (name, v)));
        Ok(texts.fold(Form::new(), |form, (name, text)| form.with(name, text)))
    }

    pub(crate) async fn keep_text(
        &mut self,
        key: String,
        form: &Form,
        names: &[&'static str],
    ) -> Result<(), Trouble> {
        let fields = names.iter().map(|name| {
            (
                (*name).to_owned(),
                form.all(name).map(str::to_owned).collect(),
            )
        });
        let fields: BTreeMap<String, Vec<String>> = fields.collect();
        self.keep_texts(|texts| {
            texts.drafts.insert(key.clone(), fields.clone());
        })
        .await
    }

    pub(crate) async fn drop_text(&mut self, key: &str) -> Result<(), Trouble> {
        self.keep_texts(|texts| {
            texts.drafts.remove(key);
        })
        .await
    }
}
