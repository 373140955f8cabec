//! The office's response on paper: beside each point of the memo, what becomes of it, and the answer.

use demur_channel::{PointAnswer, ResponseFile};
use demur_check::bundle::Verified;
use demur_memo::content::{Label, PointText};

use crate::{
    PaperError, Setting,
    compose::{self, Block, Composed, Style, block},
    list,
};

/// The paper of the response, if it is the one that the record commits to.
pub(crate) fn compose(
    verified: &Verified,
    file: &ResponseFile,
    setting: &Setting,
) -> Result<Composed, PaperError> {
    let root = file.tree().map_err(|_| PaperError::Response)?.root();
    let response = &file.response;
    if verified.response != Some(root) || response.memo() != verified.memo {
        return Err(PaperError::Response);
    }
    let shown = { verified.version(verified.filed_version) }.and_then(|v| v.disclosed.as_ref());
    let about = shown.map(compose::title);
    let title = about.unwrap_or_else(|| format!("Memo {}", verified.memo.short()));
    let over = format!("{}: response to the dissent memo", verified.institution);
    let mut blocks = vec![
        block(Style::Institution, "the institution", over),
        block(Style::Title, "the title", title.clone()),
    ];
    compose::facts(verified, setting, &mut blocks);
    blocks.push(block(Style::Rule, "", String::new()));
    if let Some(general) = response.general() {
        markdown(general, "the general remarks", &mut blocks);
    }
    for PointAnswer {
        number,
        outcome,
        answer,
    } in response.points()
    {
        let place = format!("the answer to point {number}");
        let heading = format!("Point {number}: {outcome}");
        blocks.push(block(Style::Section, &place, heading));
        let asked = Label::Point(*number, PointText::Recommendation);
        let asked = shown.and_then(|s| s.head().iter().find(|f| f.label == asked));
        if let Some(asked) = asked {
            blocks.push(Block {
                style: Style::PointRow,
                label: Some("Asked".to_owned()),
                text: compose::field(asked),
                place: format!("point {number}"),
            });
        }
        markdown(answer, &place, &mut blocks);
    }
    Ok(Composed {
        banner: compose::banner(verified),
        foot: format!("Response to memo {}", verified.memo.short()),
        title: format!("Response to {title}"),
        blocks,
        time: verified.as_of.time.time,
        record: setting.record.clone(),
    })
}

/// The blocks of a text in Markdown: headings, quotations, lists, paragraphs. What stands within a line stays as it is.
fn markdown(text: &str, place: &str, blocks: &mut Vec<Block>) {
    // A blank line ends a block.
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for lines in lines
        .split(|line| line.is_empty())
        .filter(|l| !l.is_empty())
    {
        let text = lines.join(" ");
        if let Some(heading) = heading(lines) {
            blocks.push(block(Style::Heading(2), place, heading.to_owned()));
        } else if lines.iter().all(|line| line.starts_with('>')) {
            let plain: Vec<&str> = { lines.iter() }
                .map(|line| line.trim_start_matches('>').trim())
                .collect();
            blocks.push(block(Style::Quote, place, plain.join(" ")));
        } else if lines.iter().any(|line| list::begins(line)) {
            // Here the lines are known: each that begins with a sign is an item.
            let mut first = true;
            let mut item: Option<Block> = None;
            for line in lines {
                match (list::sign(line), &mut item) {
                    (Some((sign, rest)), _) => {
                        blocks.extend(item.replace(Block {
                            style: Style::Item {
                                first,
                                inner: false,
                            },
                            label: Some(sign.to_owned()),
                            text: rest.to_owned(),
                            place: place.to_owned(),
                        }));
                        first = false;
                    }
                    (None, Some(item)) => {
                        item.text.push(' ');
                        item.text.push_str(line);
                    }
                    (None, None) => item = Some(block(Style::Body, place, (*line).to_owned())),
                }
            }
            blocks.extend(item);
        } else {
            blocks.push(block(Style::Body, place, text));
        }
    }
}

/// The words of a block that is a heading alone.
fn heading<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let [line] = lines else {
        return None;
    };
    let words = line.trim_start_matches('#');
    let level = line.len() - words.len();
    ((1..=6).contains(&level) && words.starts_with(' ')).then(|| words.trim())
}
