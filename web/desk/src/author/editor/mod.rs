//! Writing: what the page says while one types, and registering what was written.

mod form;

use std::collections::BTreeMap;

use askama::Template;
use demur_client::{
    author::{self, AuthorKeys, AuthorToken, MyMemo, OpenRequest, Readers, WriteOutcome},
    calls,
};
use demur_encoding::Digest;
use demur_memo::Memo;
use demur_record::event::Event;

use self::form::{Fields, KEPT, parse, points, unfinished};
use super::hints::{Hint, hints};
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    memo_view::Paper,
    platform::Platform,
    route,
    signing::sentence,
};

/// What a marking's menu offers, as far as the profile's rules allow it.
const OFFERED: [&str; 10] = [
    "U",
    "SBU",
    "SBU/NOFORN",
    "C",
    "S",
    "CUI",
    "CUI//PRVCY",
    "CUI//PRIIG",
    "CUI//FEDCON",
    "CUI//NF",
];

#[derive(Template)]
#[template(path = "editor.html")]
struct Editor {
    key: String,
    new: bool,
    base: String,
    fields: Fields,
    markings: Vec<String>,
    check: Check,
    principals: Vec<String>,
    /// Whether this device knows the author's name.
    named: bool,
}

#[derive(Template)]
#[template(path = "editor_check.html")]
struct CheckPart {
    check: Check,
}

#[derive(Template)]
#[template(path = "author_key.html")]
struct AuthorKey {
    token: String,
}

#[derive(Template)]
#[template(path = "registered.html")]
struct Registered {
    id: String,
    short: String,
    version: u32,
    by: String,
    new_link: bool,
}

/// What the page says of the text as it is.
struct Check {
    banner: String,
    hints: Vec<Hint>,
    problem: Option<String>,
    paper: Option<Paper>,
    saved: bool,
}

impl<P: Platform> Desk<P> {
    fn markings(&self) -> Result<Vec<String>, Trouble> {
        let rules = self.rules()?;
        Ok(OFFERED
            .iter()
            .filter_map(|text| rules.marking(text).ok())
            .map(|marking| marking.to_string())
            .fold(Vec::new(), |mut list, marking| {
                if !list.contains(&marking) {
                    list.push(marking);
                }
                list
            }))
    }

    fn own_name(&self) -> Option<&str> {
        let identity = self.open.as_ref()?.keys.identity.as_ref()?;
        let membership = identity.memberships.values().next_back()?;
        Some(&membership.certificate.body.name)
    }

    fn check_text(&self, form: &Form, saved: bool) -> Result<Check, Trouble> {
        let rules = self.rules()?;
        let mut texts = vec![("The title".to_owned(), form.text("title").to_owned())];
        for point in points(form) {
            let text = [point.policy, point.argument, point.recommendation].join(". ");
            texts.push((format!("Point {}", point.number), text));
        }
        let typed = Some(form.text("own-name")).filter(|name| !name.is_empty());
        let name = self.own_name().or(typed);
        let hints = hints(&texts, form.raw("body"), &rules, name);
        let (memo, problem) = match parse(form, &rules) {
            Ok(memo) => (Some(memo), None),
            Err(problem) => {
                let lowest = self.markings()?.into_iter().next().unwrap_or_default();
                (unfinished(form, &rules, &lowest), Some(problem))
            }
        };
        Ok(Check {
            banner: memo.as_ref().map_or_else(String::new, Memo::banner),
            hints,
            problem,
            paper: memo.as_ref().map(Paper::of),
            saved,
        })
    }

    async fn editor(&mut self, key: &str, base: String, fields: Fields) -> Result<Answer, Trouble> {
        let principals = self.mirror()?.profile().map(|profile| {
            let titles = profile.distribution.iter().map(|p| p.title.clone());
            titles.collect()
        });
        let new = key == "new";
        let page = Editor {
            key: key.to_owned(),
            new,
            base,
            fields: fields.with_empty_point(),
            markings: self.markings()?,
            check: Check {
                banner: String::new(),
                hints: Vec::new(),
                problem: None,
                paper: None,
                saved: false,
            },
            principals: principals.unwrap_or_default(),
            named: self.own_name().is_some(),
        };
        let (title, address) = if new {
            ("Write a memo", "/desk/write".to_owned())
        } else {
            ("Amend", format!("/desk/memo/{key}/edit"))
        };
        Ok(Answer::page(title, &page)?.at(address).then("prepare"))
    }

    /// What was autosaved under a key.
    fn autosaved(&self, key: &str) -> Result<Option<Form>, Trouble> {
        let kept = self.opened()?.texts.drafts.get(key);
        Ok(kept.map(|fields| {
            let mut form = Form::new();
            for (name, values) in fields {
                for value in values {
                    form = form.with(name, value);
                }
            }
            form
        }))
    }

    pub(crate) async fn editor_new(&mut self) -> Result<Answer, Trouble> {
        self.opened()?;
        self.sync().await?;
        if self.opened()?.keys.identity.is_none() {
            return Err(Trouble::input(
                "Only a member can open a memo: enrol, or restore your member secret first.",
            ));
        }
        let fields = match self.autosaved("new")? {
            Some(form) => Fields::of(&form),
            None => Fields {
                title_marking: "U".to_owned(),
                title: String::new(),
                to: String::new(),
                date: self.platform.now().to_string().chars().take(10).collect(),
                points: Vec::new(),
                body: String::new(),
                with: String::new(),
                threshold: String::new(),
                own_name: String::new(),
            },
        };
        self.editor("new", String::new(), fields).await
    }

    pub(crate) async fn editor_amend(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        self.require_author(memo)?;
        let latest = self.version(&link, &draft, None).await?;
        let key = memo.to_string();
        let kept = self.autosaved(&key)?;
        let (base, fields) = match kept {
            Some(form) => (form.text("base").to_owned(), Fields::of(&form)),
            None => (
                latest.envelope.version().to_string(),
                Fields::from_memo(&latest.memo),
            ),
        };
        self.editor(&key, base, fields).await
    }

    pub(crate) fn require_author(&self, memo: Digest) -> Result<&MyMemo, Trouble> {
        self.opened()?
            .keys
            .memos
            .get(&memo)
            .ok_or_else(|| Trouble::input("You are not one of this memo's authors on this device."))
    }

    async fn autosave(&mut self, form: &Form) -> Result<(), Trouble> {
        let key = form.text("key").to_owned();
        let fields: BTreeMap<String, Vec<String>> = KEPT
            .iter()
            .map(|name| {
                (
                    (*name).to_owned(),
                    form.all(name).map(str::to_owned).collect(),
                )
            })
            .collect();
        self.keep_texts(|texts| {
            texts.drafts.insert(key.clone(), fields.clone());
        })
        .await
    }

    /// While one types: what there is to look at, the banner, a preview; and the text is kept, sealed, on this device.
    pub(crate) async fn editor_live(&mut self, form: &Form) -> Result<Answer, Trouble> {
        self.autosave(form).await?;
        let check = self.check_text(form, true)?;
        Answer::part("check", &CheckPart { check })
    }

    /// One more point.
    pub(crate) async fn editor_point(&mut self, form: &Form) -> Result<Answer, Trouble> {
        self.autosave(form).await?;
        let key = form.text("key").to_owned();
        let base = form.text("base").to_owned();
        self.editor(&key, base, Fields::of(form)).await
    }

    /// Forgets what was written and not registered.
    pub(crate) async fn discard(&mut self, form: &Form) -> Result<Answer, Trouble> {
        self.drop_text(form.text("key")).await?;
        self.overview().await
    }

    /// An author's key for a memo that somebody else opens.
    pub(crate) async fn author_key(&mut self) -> Result<Answer, Trouble> {
        let keys = AuthorKeys::generate(&mut Self::rng());
        let token = keys.token().to_string();
        self.opened_mut()?.keys.offered.push(keys);
        self.save().await?;
        Answer::part("author-key", &AuthorKey { token })
    }

    /// Registers what the form holds: opens the memo, or amends it.
    pub(crate) async fn register(&mut self, form: &Form) -> Result<Answer, Trouble> {
        self.autosave(form).await?;
        self.sync().await?;
        let rules = self.rules()?;
        let memo = parse(form, &rules).map_err(Trouble::input)?;
        match form.text("key") {
            "new" => self.open_memo(form, memo).await,
            key => {
                let id = route::memo(key)?;
                self.amend(form, id, memo).await
            }
        }
    }

    async fn open_memo(&mut self, form: &Form, memo: Memo) -> Result<Answer, Trouble> {
        let co_authors: Vec<AuthorToken> = form
            .text("with")
            .split_whitespace()
            .map(|text| {
                text.parse()
                    .map_err(|e| Trouble::input(format!("A co-author's key: {e}.")))
            })
            .collect::<Result<_, _>>()?;
        let authors = u32::try_from(co_authors.len() + 1).map_err(Trouble::input)?;
        let threshold = match form.text("threshold") {
            "" => authors,
            text => text
                .parse()
                .ok()
                .filter(|n| (1..=authors).contains(n))
                .ok_or_else(|| {
                    Trouble::input(format!("How many authors must agree: 1 to {authors}."))
                })?,
        };
        let number = self
            .mirror()?
            .usable_edition()
            .map(|known| u64::from(known.edition.number))
            .ok_or_else(|| {
                Trouble::other("The record holds no roster edition yet that is old enough.")
            })?;
        self.edition(number).await?;
        let mut identity = { self.opened()?.keys.identity.clone() }.ok_or_else(|| {
            Trouble::input(
                "Only a member can open a memo: enrol, or restore your member secret first.",
            )
        })?;
        let request = OpenRequest {
            edition: self.kept_edition(number)?,
            keys: AuthorKeys::generate(&mut Self::rng()),
            co_authors: &co_authors,
            threshold,
        };
        self.platform.progress("Making the proof", 0, 0);
        let (my, post) = author::open_memo(
            &mut identity,
            self.mirror()?,
            request,
            self.prover()?,
            &mut Self::rng(),
        )
        .map_err(|e| Trouble::input(sentence(&e.to_string())))?;
        let id = my.memo;
        let open = self.opened_mut()?;
        open.keys.identity = Some(identity);
        open.keys.memos.insert(id, my);
        self.save().await?;
        let accepted = self.send(&calls::open_memo(&post)).await?;
        let now = self.platform.now();
        self.mirror()?
            .check_promise(
                &accepted.promise,
                &Event::Opening(post.event.clone()),
                post.salt,
                now,
            )
            .map_err(Trouble::other)?;
        self.keep_outcome(|open, _| {
            if let Some(my) = open.keys.memos.get_mut(&id)
                && let Some(opened) = &mut my.opened
            {
                opened.promise = Some(accepted.promise.clone());
            }
            Ok(())
        })
        .await?;
        let (version, by) = self
            .send_version(id, None, None, memo, Readers::Same)
            .await?;
        self.registered(form, id, version, by, true).await
    }

    async fn amend(&mut self, form: &Form, id: Digest, memo: Memo) -> Result<Answer, Trouble> {
        let link = self.known_link(id)?;
        let draft = self.draft(&link).await?;
        self.require_author(id)?;
        let latest = self.version(&link, &draft, None).await?;
        let number = latest.envelope.version();
        if form.text("base").parse() != Ok(number) {
            return self.merge(form, id, &link, &draft, &memo).await;
        }
        let renew = { self.opened()?.keys.readers.get(&id) }.is_some_and(|readers| readers.renew);
        let readers = if renew {
            Readers::NewLink
        } else {
            Readers::Same
        };
        let text = latest.envelope.text().to_owned();
        let (version, by) = self
            .send_version(id, Some(&draft), Some(&text), memo, readers)
            .await?;
        if renew {
            self.keep_outcome(|open, _| {
                if let Some(readers) = open.keys.readers.get_mut(&id) {
                    readers.renew = false;
                }
                Ok(())
            })
            .await?;
        }
        self.registered(form, id, version, by, renew).await
    }

    async fn registered(
        &mut self,
        form: &Form,
        id: Digest,
        version: u32,
        by: demur_encoding::Time,
        new_link: bool,
    ) -> Result<Answer, Trouble> {
        self.drop_text(form.text("key")).await?;
        let page = Registered {
            id: id.to_string(),
            short: id.short(),
            version,
            by: crate::texts::moment(by),
            new_link,
        };
        Ok(Answer::page("Registered", &page)?.at(format!("/desk/memo/{id}")))
    }

    /// A co-author amended first: the editor shows what comes of both.
    async fn merge(
        &mut self,
        form: &Form,
        id: Digest,
        link: &demur_client::link::Link,
        draft: &demur_client::reader::Draft,
        mine: &Memo,
    ) -> Result<Answer, Trouble> {
        let base: u32 = form
            .text("base")
            .parse()
            .map_err(|_| Trouble::input("Load the editor again."))?;
        let theirs = self.version(link, draft, None).await?;
        let before = self.version(link, draft, Some(base)).await?;
        let keys = draft.opening.authors.iter().map(|a| a.sign).collect();
        let mine = mine
            .clone()
            .with_authors(keys, draft.opening.threshold)
            .map_err(Trouble::input)?;
        let merged = demur_memo::merge::merge(&before.memo, &mine, &theirs.memo);
        let number = theirs.envelope.version();
        if !merged.conflicts.is_empty() {
            let what: Vec<&str> = merged.conflicts.iter().map(|c| c.what.as_str()).collect();
            return Err(Trouble::input(format!(
                "A co-author registered version {number} first, and both of you changed: {}. Nothing was registered and your text is \
                 kept. Look at their changes, take over what you want, then load the editor again with “Start from version {number}”.",
                what.join(", ")
            )));
        }
        let memo = Memo::parse(&merged.text, &self.rules()?).map_err(Trouble::input)?;
        let mut answer = self
            .editor(
                &id.to_string(),
                number.to_string(),
                Fields::from_memo(&memo),
            )
            .await?;
        answer.trouble = Some(format!(
            "A co-author registered version {number} first. Nothing was changed by both: this is their text with your changes. Look at it, \
             then register it."
        ));
        Ok(answer)
    }

    /// Writes and sends a version.
    async fn send_version(
        &mut self,
        id: Digest,
        draft: Option<&demur_client::reader::Draft>,
        latest_text: Option<&str>,
        memo: Memo,
        readers: Readers,
    ) -> Result<(u32, demur_encoding::Time), Trouble> {
        let not_mine = || Trouble::input("You are not one of this memo's authors on this device.");
        let (open, mirror) = self.opened_with_mirror()?;
        let my = { open.keys.memos.get_mut(&id) }.ok_or_else(not_mine)?;
        let before = my.clone();
        let post = author::write_version(
            my,
            draft,
            latest_text,
            memo,
            readers,
            mirror,
            &mut Self::rng(),
        )
        .map_err(|e| Trouble::input(sentence(&e.to_string())))?;
        let number = post.event.body.number;
        let made = my.reader.clone();
        self.save().await?;
        self.platform.progress("Registering", 0, 0);
        let answer = self.send(&calls::version(&post)).await;
        let now = self.platform.now();
        let outcome = self
            .keep_outcome(|open, mirror| {
                let my = { open.keys.memos.get_mut(&id) }.ok_or_else(not_mine)?;
                let outcome = author::read_outcome(my, number, answer.clone(), mirror, now);
                let stands = matches!(outcome, Ok(WriteOutcome::Accepted { .. }));
                if !stands && my.reader == made && made != before.reader {
                    // The new link belongs to a version that does not stand.
                    my.reader = before.reader.clone();
                    my.earlier = before.earlier.clone();
                }
                Ok(outcome)
            })
            .await?;
        match outcome.map_err(Trouble::other)? {
            WriteOutcome::Accepted { by } => Ok((number, by)),
            WriteOutcome::Sibling(sibling) => Err(Trouble::input(format!(
                "A co-author registered version {} first; nothing was registered, your text is kept. Press “Register” again to see \
                 both.{}",
                sibling.number,
                if sibling.same_link {
                    ""
                } else {
                    " There is a new link: ask the co-author for it."
                }
            ))),
        }
    }
}
