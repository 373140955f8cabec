//! A person's own files, the lines that people paste, and what the server is sent.

use std::str::FromStr;

use demur_client::{
    api,
    author::{AuthorToken, MyMemo},
    identity::{Identity, Phrase},
    keys::RoleKeys,
    link::Link,
    registrar::{Code, Register},
};
use demur_encoding::{Digest, Time};
use demur_memo::content::Choice;
use demur_record::keys::VerifierKey;
use demur_seal::{
    ExposeSecret as _, KEY_STORE_BYTES_MAX, NOTE_OVERHEAD, Recipient, SecretString, pad_note,
    unpad_note,
};
use demur_signon::{Element, act::Month, roster::CohortName};
use serde::{Serialize, de::DeserializeOwned};

use self::seeds::{PASSPHRASE, reader};

/// A key store: its age file, under a passphrase or to a key, and what is inside; a note.
pub fn key_store(data: &[u8]) -> bool {
    let mut read = false;
    let passphrase = SecretString::from(PASSPHRASE);
    // A file that asks for much work costs what it asks for, within the bound: not here.
    let cheap = |line: &[u8]| {
        let factor = line.strip_prefix(b"-> scrypt ").and_then(|rest| {
            str::from_utf8(rest)
                .ok()?
                .rsplit_once(' ')?
                .1
                .parse::<u64>()
                .ok()
        });
        factor.is_none_or(|factor| factor <= 8 || factor > 18)
    };
    let armored = data.trim_ascii_start().starts_with(b"-----BEGIN AGE");
    if !armored && data.split(|b| *b == b'\n').all(cheap) {
        let opened = demur_seal::open_with_passphrase(&passphrase, data, KEY_STORE_BYTES_MAX);
        if let Ok(plain) = opened {
            // scrypt's stanza stands alone, and its key seals the rest: nobody else wrote this.
            assert!(serde_json::from_slice::<Identity>(&plain).is_ok());
            read = true;
        }
    }
    if let Ok(plain) = demur_seal::open(&[reader()], data, KEY_STORE_BYTES_MAX) {
        assert_eq!(
            plain.as_slice(),
            seeds::PLAIN,
            "only what was sealed to the key"
        );
        read = true;
    }
    read |= written_as_read::<Identity>(data)
        | written_as_read::<MyMemo>(data)
        | written_as_read::<RoleKeys>(data)
        | written_as_read::<Register>(data);
    if let Ok(content) = unpad_note(data, data.len()) {
        let again = pad_note(content, content.len() + NOTE_OVERHEAD).expect("it fits");
        assert!(data.starts_with(&again));
        read = true;
    }
    read
}

/// JSON that is read as a `T` is read alike once it is written.
fn written_as_read<T: DeserializeOwned + Serialize>(data: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(data) else {
        return false;
    };
    let once = serde_json::to_vec(&value).expect("it was JSON");
    let read: T = serde_json::from_slice(&once).expect("what is written is read");
    assert_eq!(serde_json::to_vec(&read).expect("it was JSON"), once);
    true
}

/// Lines of text that people paste, type or hand over: each is read as it is written.
pub fn line(data: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(data) else {
        return false;
    };
    let mut read = false;
    if let Ok(link) = text.parse::<Link>() {
        assert_eq!(link.reveal().parse(), Ok(link.clone()));
        read = true;
    }
    if let Ok(phrase) = text.parse::<Phrase>() {
        let again: Phrase = phrase.reveal().parse().expect("what is shown is read");
        assert_eq!(again.reveal(), phrase.reveal());
        let _ = Identity::restore("rivers.example", &phrase);
        read = true;
    }
    if let Ok(code) = text.parse::<Code>() {
        let again: Code = code.reveal().parse().expect("what is shown is read");
        assert_eq!(again.ticket(), code.ticket());
        read = true;
    }
    if let Ok(secret) = demur_seal::Identity::from_secret(&SecretString::from(text)) {
        assert!(!secret.to_secret().expose_secret().is_empty());
        read = true;
    }
    read | shown_as_read::<AuthorToken>(text)
        | shown_as_read::<Recipient>(text)
        | shown_as_read::<VerifierKey>(text)
        | shown_as_read::<Digest>(text)
        | shown_as_read::<Element>(text)
        | shown_as_read::<Time>(text)
        | shown_as_read::<Month>(text)
        | shown_as_read::<CohortName>(text)
        | shown_as_read::<Choice>(text)
}

fn shown_as_read<T: FromStr + ToString>(text: &str) -> bool {
    let Ok(value) = text.parse::<T>() else {
        return false;
    };
    let shown = value.to_string();
    let again = shown.parse::<T>().ok().map(|value| value.to_string());
    assert_eq!(again, Some(shown), "what is shown is read");
    true
}

/// After a first byte that chooses: the body of a request to the server, or of an answer.
pub fn request(data: &[u8]) -> bool {
    let Some((choice, body)) = data.split_first() else {
        return false;
    };
    let read = seeds::FORMS[usize::from(*choice) % seeds::FORMS.len()];
    read(body)
}

/// See the module.
pub(crate) mod seeds {
    use demur_client::keys::{SealKey, SignKey};
    use demur_encoding::sha256;
    use demur_record::{
        entry::{Entry, Role},
        event::Event,
    };
    use demur_seal::{WorkFactor, lock};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
    use serde_json::json;

    use super::*;
    use crate::channel::FILED;

    pub(crate) const PASSPHRASE: &str = "a passphrase";
    pub(crate) const PLAIN: &[u8] = b"what was sealed";

    /// The forms of the interface, in the order of its table.
    pub(crate) const FORMS: [fn(&[u8]) -> bool; 24] = [
        written_as_read::<api::PostOpening>,
        written_as_read::<api::PostVersion>,
        written_as_read::<api::PostSignOn>,
        written_as_read::<api::PostApproval>,
        written_as_read::<api::AuthorRequest>,
        written_as_read::<api::PostAuthorMessage>,
        written_as_read::<api::PostTickets>,
        written_as_read::<api::Sealed>,
        written_as_read::<api::SignedRequest>,
        written_as_read::<api::PostReplies>,
        written_as_read::<api::PostEdition>,
        written_as_read::<api::PostEntry>,
        written_as_read::<api::SignIn>,
        written_as_read::<api::PostAccount>,
        written_as_read::<api::PostStep>,
        written_as_read::<api::Problem>,
        written_as_read::<api::Accepted>,
        written_as_read::<api::DraftView>,
        written_as_read::<api::Approved>,
        written_as_read::<api::AuthorView>,
        written_as_read::<api::Enrolments>,
        written_as_read::<api::Accounts>,
        written_as_read::<api::Cases>,
        written_as_read::<api::CaseView>,
    ];

    /// The key that a seed is sealed to.
    pub(crate) fn reader() -> demur_seal::Identity {
        let secret = SealKey::from_bytes([5; 32]).to_secret();
        demur_seal::Identity::from_secret(&secret).expect("a key")
    }

    pub(crate) fn key_store() -> Vec<Vec<u8>> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (identity, _) = Identity::new("rivers.example", &mut rng);
        let passphrase = SecretString::from(PASSPHRASE);
        let locked = lock(&identity, &passphrase, WorkFactor::FAST).expect("small");
        let recipient = reader().to_recipient();
        let sealed = |form| {
            demur_seal::seal_in(form, std::slice::from_ref(&recipient), PLAIN).expect("small")
        };
        let role = RoleKeys::generate("rivers.example", Role::Office, "office", &mut rng);
        vec![
            serde_json::to_vec(&identity).expect("JSON"),
            serde_json::to_vec(&role).expect("JSON"),
            locked,
            sealed(demur_seal::Form::Binary),
            sealed(demur_seal::Form::Armored),
            pad_note(b"null", 64).expect("it fits").to_vec(),
        ]
    }

    pub(crate) fn line() -> Vec<Vec<u8>> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (_, phrase) = Identity::new("rivers.example", &mut rng);
        let token = AuthorToken {
            sign: SignKey::generate(&mut rng).public(),
            seal: SealKey::generate(&mut rng).recipient(),
        };
        let link = Link {
            server: "https://rivers.example".to_owned(),
            memo: sha256(b"memo"),
            reader: demur_client::link::ReaderKey::generate(&mut rng),
        };
        let code = Code::generate(&mut rng);
        vec![
            link.reveal().as_bytes().to_vec(),
            phrase.reveal().as_bytes().to_vec(),
            token.to_string().into_bytes(),
            code.reveal().into_bytes(),
            FILED.key.to_string().into_bytes(),
            b"2026-11-23T15:00:00Z".to_vec(),
            b"2026-11".to_vec(),
            b"mid-level".to_vec(),
            b"2,4.1-4.3,3:14-20,title,point/1/argument:2".to_vec(),
        ]
    }

    pub(crate) fn request() -> Vec<Vec<u8>> {
        let (digest, bytes) = (sha256(b"something"), "AAAA");
        let events: Vec<Event> = FILED
            .entries
            .iter()
            .filter_map(|bytes| match Entry::from_slice(bytes) {
                Ok(Entry::Opened(opened)) => Some(opened.event),
                _ => None,
            })
            .collect();
        let event = |kind: usize| serde_json::to_value(&events[kind]).expect("JSON");
        let mut opening = event(0);
        let mut version = event(1);
        for event in [&mut opening, &mut version] {
            event.as_object_mut().expect("an object").remove("type");
        }
        let acknowledged = json!({"type": "acknowledged", "v": 1, "memo": digest, "by": digest, "signature": bytes});
        let seeds = [
            (0, json!({"salt": digest, "event": opening})),
            (
                1,
                json!({"salt": digest, "event": version, "sealed": bytes}),
            ),
            (7, json!({"sealed": bytes})),
            (11, json!({"entry": acknowledged})),
            (
                12,
                json!({"account": "ann", "password": "a long password", "request": {
                    "purpose": "sign-in", "subject": "ann", "time": "2026-11-20T00:00:00Z", "key": digest, "signature": bytes
                }}),
            ),
            (15, json!({"code": "sibling", "message": "m"})),
            (16, json!({"promise": "p"})),
        ];
        let seed = |(choice, body): (u8, serde_json::Value)| {
            [vec![choice], serde_json::to_vec(&body).expect("JSON")].concat()
        };
        seeds.map(seed).into()
    }
}
