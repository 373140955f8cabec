//! Which page stands at which address, and which action does what.

use demur_client::link::Link;
use demur_encoding::Digest;
use zeroize::Zeroizing;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
};

/// An address, taken apart.
pub(crate) struct Address<'a> {
    /// The path's parts: `["desk", "memo", "…"]`.
    pub(crate) parts: Vec<&'a str>,
    /// What follows the `?`.
    query: &'a str,
    /// What follows the `#`: a link's secret.
    pub(crate) fragment: &'a str,
}

impl<'a> Address<'a> {
    pub(crate) fn new(address: &'a str) -> Self {
        let (rest, fragment) = address.split_once('#').unwrap_or((address, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Self {
            parts: path.split('/').filter(|part| !part.is_empty()).collect(),
            query,
            fragment,
        }
    }

    /// The path, without query and fragment.
    #[cfg(feature = "full")]
    pub(crate) fn path(&self) -> String {
        format!("/{}", self.parts.join("/"))
    }

    /// A number of the query: `?from=1`.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| value.parse().ok())
    }
}

/// The memo that a part of the address names.
pub(crate) fn memo(part: &str) -> Result<Digest, Trouble> {
    part.parse().map_err(|_| Trouble::NoPage)
}

impl<P: Platform> Desk<P> {
    pub(crate) async fn route(&mut self, address: &str) -> Result<Answer, Trouble> {
        let at = Address::new(address);
        match at.parts[..] {
            // Without its secret: a memo that this browser has a link to.
            ["m", id] if at.fragment.is_empty() => {
                let link = self.known_link(memo(id)?)?;
                self.reading(link).await
            }
            ["m", id] => {
                let secret = Zeroizing::new(at.fragment.to_owned());
                let text = Zeroizing::new(format!("{}/m/{id}#{}", self.site.api, *secret));
                let link: Link = text.parse().map_err(Trouble::input)?;
                self.reading(link).await
            }
            #[cfg(feature = "full")]
            _ => self.route_desk(&at).await,
            #[cfg(not(feature = "full"))]
            _ => Err(Trouble::NoPage),
        }
    }

    #[cfg(feature = "full")]
    async fn route_desk(&mut self, at: &Address<'_>) -> Result<Answer, Trouble> {
        match at.parts[..] {
            ["desk"] => self.overview().await,
            ["verify"] => self.verify_page(),
            ["audit"] => self.audit_page(),
            ["desk", "enrol"] => self.enrol_page().await,
            ["desk", "restore"] => crate::member::restore_page(),
            ["desk", "import"] => crate::member::import_page(),
            ["desk", "member"] => self.member_page().await,
            ["desk", "words"] => self.words_page().await,
            ["desk", "move"] => self.move_page(),
            ["desk", "trust"] => self.trust_page().await,
            ["desk", "write"] => self.editor_new().await,
            ["desk", "link"] => crate::home::link_page(),
            ["desk", "memo", id] => self.memo_page(memo(id)?).await,
            ["desk", "memo", id, "read"] => {
                let link = self.known_link(memo(id)?)?;
                self.reading(link).await
            }
            ["desk", "memo", id, "edit"] => self.amend_page(memo(id)?).await,
            ["desk", "memo", id, "share"] => self.share_page(memo(id)?).await,
            ["desk", "memo", id, "file"] => self.filing_page(memo(id)?).await,
            ["desk", "memo", id, "changes"] => {
                let versions = (at.number("from"), at.number("to"));
                self.changes_page(memo(id)?, versions).await
            }
            ["desk", "memo", id, "claim"] => self.claim_page(memo(id)?).await,
            ["desk", "memo", id, "case"] => self.author_case_page(memo(id)?).await,
            ["desk", "registrar"] => self.registrar_page(None).await,
            ["desk", "overseer"] => self.overseer_page().await,
            ["desk", "archive"] => self.archive_page(None).await,
            ["desk", "keys"] => self.keys_page(None).await,
            ["desk", "join"] => self.join_page().await,
            ["desk", "office" | "principal", ..] => match self.route_account(at).await {
                Err(Trouble::SignIn) => self.sign_in_page(at),
                answer => answer,
            },
            _ => Err(Trouble::NoPage),
        }
    }

    /// The pages of who has an account.
    #[cfg(feature = "full")]
    async fn route_account(&mut self, at: &Address<'_>) -> Result<Answer, Trouble> {
        match at.parts[..] {
            ["desk", "office"] => self.office_page().await,
            ["desk", "office", "calendar"] => {
                let month = at.number("year").zip(at.number("month"));
                self.calendar_page(month).await
            }
            ["desk", "office", "accounts"] => self.accounts_page(None).await,
            ["desk", "office", id] => self.office_case_page(memo(id)?, None).await,
            ["desk", "office", id, "respond"] => self.respond_page(memo(id)?),
            ["desk", "principal"] => self.principal_page().await,
            ["desk", "principal", id] => self.principal_memo_page(memo(id)?).await,
            _ => Err(Trouble::NoPage),
        }
    }

    pub(crate) async fn action(&mut self, action: &str, form: &Form) -> Result<Answer, Trouble> {
        match action {
            "unlock" => self.unlock(form).await,
            "lock" => self.lock(form),
            "prepare" => self.prepare_proofs().await,
            "sign" => self.sign(form).await,
            "wait" => self.wait(form).await,
            "send" => self.send_kept(memo(form.text("memo"))?).await,
            "unsend" => self.unsend(memo(form.text("memo"))?).await,
            "watch" => self.watch(form).await,
            "promise" => self.promise(form),
            #[cfg(feature = "full")]
            _ => self.action_desk(action, form).await,
            #[cfg(not(feature = "full"))]
            _ => Err(Trouble::NoPage),
        }
    }

    #[cfg(feature = "full")]
    async fn action_desk(&mut self, action: &str, form: &Form) -> Result<Answer, Trouble> {
        match action {
            "verify" => self.verify(form).await,
            "verify-fingerprint" => self.verify_fingerprint(form).await,
            "verify-report" => self.verify_report(),
            "verify-receipt" => self.verify_receipt(form),
            "verify-claim" => self.verify_claim(form).await,
            "audit" => self.audit(form).await,
            "broken-promises" => self.broken_promises(),
            "forget" => self.forget(form).await,
            "version" => self.read_version(form).await,
            "open-link" => self.open_link(form).await,
            "enrol" => self.enrol(form).await,
            "words-written" => self.words_written(),
            "words-check" => self.words_check(form).await,
            "restore" => self.restore(form).await,
            "import" => self.import(form).await,
            "export" => self.export(form),
            "trust" => self.trust(form).await,
            "claim" => self.claim(form).await,
            "author-key" => self.author_key().await,
            "editor" => self.editor_live(form).await,
            "editor-point" => self.editor_point(form).await,
            "register" => self.register(form).await,
            "discard" => self.discard(form).await,
            "reader" => self.reader(form).await,
            "file" => self.file(form).await,
            "withdraw" => self.withdraw(form).await,
            "author-message" => self.author_message(form).await,
            "rejoin" => self.rejoin(form).await,
            "letter-live" => self.letter_live(form).await,
            "bundle-of" => self.bundle_of(form).await,
            "release-look" => self.release_look(form).await,
            "release" => self.release(form).await,
            "fingerprint" => self.fingerprint(form).await,
            "roster-import" => self.roster_import(form).await,
            "roster-recode" => self.roster_recode(form).await,
            "roster-find" => self.roster_find(form).await,
            "roster-letters" => self.roster_letters().await,
            "roster-publish" => self.roster_publish(form).await,
            "register-out" => self.register_out().await,
            "register-in" => self.register_in(form).await,
            "attest" => self.attest().await,
            "overseer-letters" => self.overseer_letters().await,
            "overseer-register-in" => self.overseer_register_in(form).await,
            "archive-add" => self.archive_add(form).await,
            "archive-mine" => self.archive_mine().await,
            "archive-case" => self.archive_case().await,
            "archive-search" => self.archive_search(form).await,
            "archive-match" => self.archive_match(form).await,
            "archive-remove" => self.archive_remove(form).await,
            "key-new" => self.key_new(form).await,
            "key-line" => self.key_line(form),
            "join" => self.join_office(form).await,
            "sign-in" => self.sign_in(form).await,
            "sign-out" => self.sign_out().await,
            "admit" => self.admit(form).await,
            "office-open" => self.office_open(form).await,
            "acknowledge" => self.acknowledge(form).await,
            "return" => self.return_memo(form).await,
            "distribute" => self.distribute(form).await,
            "respond" => self.respond(form).await,
            "respond-live" => self.respond_live(form).await,
            "office-message" => self.office_message(form).await,
            "author-paper" => self.author_paper(form).await,
            "office-paper" => self.office_paper(form).await,
            "principal-paper" => self.principal_paper(form).await,
            "verify-paper" => self.verify_paper(form).await,
            "principal-open" => self.principal_open(form).await,
            _ => Err(Trouble::NoPage),
        }
    }
}
