//! Sealing, opening and refusing, as a user of the crate sees them.

use demur_seal::{
    ExposeSecret, Form, Identity, NoteError, OpenError, ParseKeyError, RECIPIENTS_MAX, Recipient,
    SealError, SecretString, StoreError, WorkFactor, lock, open, open_with_passphrase, pad_note,
    seal, seal_in, seal_with_passphrase, unlock, unpad_note,
};
use proptest::prelude::*;

/// Where the payload begins: after the line with the header's MAC.
fn header_end(sealed: &[u8]) -> usize {
    let mac = sealed.windows(5).position(|w| w == b"\n--- ").unwrap() + 1;
    mac + sealed[mac..].iter().position(|b| *b == b'\n').unwrap() + 1
}

const TEXT: &[u8] = b"The dredging of the lower harbour should wait for the survey.";

fn pass(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn sealed_by_passphrase() -> Vec<u8> {
    seal_with_passphrase(&pass("harbour"), WorkFactor::FAST, Form::Binary, TEXT).unwrap()
}

#[test]
fn each_recipient_opens_and_nobody_else() {
    let readers: Vec<_> = (0..3).map(|_| Identity::generate()).collect();
    let recipients: Vec<_> = readers.iter().map(Identity::to_recipient).collect();
    for form in [Form::Binary, Form::Armored] {
        let sealed = seal_in(form, &recipients, TEXT).unwrap();
        for reader in &readers {
            let opened = open(std::slice::from_ref(reader), &sealed, 1000).unwrap();
            assert_eq!(&opened[..], TEXT);
        }
        // One of several keys is enough.
        let keys = [Identity::generate(), readers[2].clone()];
        assert!(open(&keys, &sealed, 1000).is_ok());
        let other = [Identity::generate()];
        assert_eq!(open(&other, &sealed, 1000), Err(OpenError::WrongKey));
        assert_eq!(open(&[], &sealed, 1000), Err(OpenError::WrongKey));
    }
}

#[test]
fn recipients_are_counted() {
    assert_eq!(seal(&[], TEXT), Err(SealError::NoRecipients));
    let key = Identity::generate().to_recipient();
    let many = vec![key.clone(); RECIPIENTS_MAX + 1];
    assert_eq!(
        seal(&many, TEXT),
        Err(SealError::TooManyRecipients(RECIPIENTS_MAX + 1))
    );
    // Twice the same one is one. (The library adds stanzas of random form that nobody opens.)
    let twice = seal(&[key.clone(), key], TEXT).unwrap();
    let header = String::from_utf8(twice[..header_end(&twice)].to_vec()).unwrap();
    assert_eq!(header.matches("-> X25519 ").count(), 1);
}

#[test]
fn a_header_with_too_many_recipients_is_refused_before_any_work() {
    let key = Identity::generate();
    let sealed = seal(&[key.to_recipient()], TEXT).unwrap();
    let text = String::from_utf8(sealed[..header_end(&sealed)].to_vec()).unwrap();
    let stanza_start = text.find("-> ").unwrap();
    let stanza_end = text.find("\n---").unwrap() + 1;
    let stanza = &sealed[stanza_start..stanza_end];
    let mut hostile = sealed[..stanza_start].to_vec();
    for _ in 0..=RECIPIENTS_MAX {
        hostile.extend_from_slice(stanza);
    }
    hostile.extend_from_slice(&sealed[stanza_end..]);
    assert_eq!(
        open(&[key], &hostile, 1000),
        Err(OpenError::TooManyRecipients)
    );
}

#[test]
fn every_flipped_byte_and_every_cut_is_noticed() {
    let key = [Identity::generate()];
    let sealed = seal(&[key[0].to_recipient()], TEXT).unwrap();
    for at in 0..sealed.len() {
        let mut bad = sealed.clone();
        bad[at] ^= 1;
        assert!(open(&key, &bad, 1000).is_err(), "byte {at}");
        assert!(open(&key, &sealed[..at], 1000).is_err(), "cut at {at}");
    }
    let payload = sealed.len() - 1;
    let mut bad = sealed.clone();
    bad[payload] ^= 1;
    assert_eq!(open(&key, &bad, 1000), Err(OpenError::Damaged));
    let longer = [&sealed[..], b"x"].concat();
    assert_eq!(open(&key, &longer, 1000), Err(OpenError::Damaged));
}

#[test]
fn the_plaintext_is_bounded() {
    let key = [Identity::generate()];
    // Around the chunk size of age (64 KiB) too.
    for len in [0, 1, 65_535, 65_536, 65_537, 131_072] {
        let sealed = seal(&[key[0].to_recipient()], &vec![7; len]).unwrap();
        assert_eq!(open(&key, &sealed, len).unwrap().len(), len);
        assert_eq!(open(&key, &sealed, usize::MAX).unwrap().len(), len);
        if len > 0 {
            let error = open(&key, &sealed, len - 1);
            assert_eq!(error, Err(OpenError::TooLarge(len - 1)), "{len}");
        }
    }
}

#[test]
fn what_is_no_sealed_file() {
    let key = [Identity::generate()];
    for bad in [&b""[..], b"+++\ntitle", b"age-encryption.org", TEXT] {
        assert_eq!(open(&key, bad, 1000), Err(OpenError::NotSealed));
        assert_eq!(
            open_with_passphrase(&pass("x"), bad, 1000),
            Err(OpenError::NotSealed)
        );
    }
    let later = b"age-encryption.org/v2\n-> X25519 a\n---\n";
    assert!(open(&key, later, 1000).is_err());
    let torn = b"-----BEGIN AGE ENCRYPTED FILE-----\nnot base64\n";
    assert!(open(&key, torn, 1000).is_err());
}

#[test]
fn passphrases() {
    let sealed = sealed_by_passphrase();
    let opened = open_with_passphrase(&pass("harbour"), &sealed, 1000).unwrap();
    assert_eq!(&opened[..], TEXT);
    let wrong = open_with_passphrase(&pass("Harbour"), &sealed, 1000);
    assert_eq!(wrong, Err(OpenError::WrongPassphrase));
    let armored = seal_with_passphrase(&pass("p"), WorkFactor::FAST, Form::Armored, TEXT).unwrap();
    assert!(armored.starts_with(b"-----BEGIN AGE"));
    assert!(open_with_passphrase(&pass("p"), &armored, 1000).is_ok());

    let key = Identity::generate();
    let to_key = seal(&[key.to_recipient()], TEXT).unwrap();
    assert_eq!(
        open_with_passphrase(&pass("p"), &to_key, 1000),
        Err(OpenError::NeedsKey)
    );
    assert_eq!(open(&[key], &sealed, 1000), Err(OpenError::NeedsPassphrase));
}

#[test]
fn a_file_that_demands_too_much_work_is_refused() {
    let sealed = sealed_by_passphrase();
    let end = sealed.windows(3).position(|w| w == b"---").unwrap();
    let header = String::from_utf8(sealed[..end].to_vec()).unwrap();
    assert!(header.contains(" 4\n"));
    for (factor, known) in [("19", true), ("63", true), ("64", true), ("300", false)] {
        let mut bad = header
            .replacen(" 4\n", &format!(" {factor}\n"), 1)
            .into_bytes();
        bad.extend_from_slice(&sealed[end..]);
        let error = open_with_passphrase(&pass("harbour"), &bad, 1000).unwrap_err();
        if known {
            let required = factor.parse().unwrap();
            let accepted = WorkFactor::MAX.log2_n();
            assert_eq!(error, OpenError::TooMuchWork { required, accepted });
        } else {
            assert_eq!(error, OpenError::Damaged);
        }
    }
    assert!(WorkFactor::new(0).is_err());
    assert!(WorkFactor::new(19).is_err());
    assert_eq!(WorkFactor::new(17), Ok(WorkFactor::NATIVE));
}

#[test]
fn keys_have_one_spelling_and_stay_secret() {
    let key = Identity::generate();
    let secret = key.to_secret();
    assert!(secret.expose_secret().starts_with("AGE-SECRET-KEY-1"));
    assert_eq!(Identity::from_secret(&secret).unwrap(), key);
    assert!(!format!("{key:?} {secret:?}").contains("KEY-1"));
    let lower = pass(&secret.expose_secret().to_lowercase());
    assert_eq!(Identity::from_secret(&lower), Err(ParseKeyError::Identity));

    let public = key.to_recipient();
    assert_eq!(public.to_string().parse(), Ok(public.clone()));
    let json = serde_json::to_string(&public).unwrap();
    assert_eq!(json, format!("\"{public}\""));
    assert_eq!(serde_json::from_str::<Recipient>(&json).unwrap(), public);
    let upper = public.to_string().to_uppercase();
    for bad in [
        "",
        "age1",
        &upper,
        secret.expose_secret(),
        &format!("{public} "),
    ] {
        assert_eq!(bad.parse::<Recipient>(), Err(ParseKeyError::Recipient));
    }
}

#[test]
fn key_stores() {
    let value = vec![("memo".to_owned(), 7_u32)];
    let sealed = lock(&value, &pass("p"), WorkFactor::FAST).unwrap();
    assert_eq!(
        unlock::<Vec<(String, u32)>>(&sealed, &pass("p")).unwrap(),
        value
    );
    assert_eq!(
        unlock::<Vec<(String, u32)>>(&sealed, &pass("q")),
        Err(StoreError::Open(OpenError::WrongPassphrase))
    );
    // What is inside is secret, also when it is of another form.
    let error = unlock::<Vec<u64>>(&sealed, &pass("p")).unwrap_err();
    assert!(matches!(error, StoreError::Form { .. }));
    assert!(!format!("{error} {error:?}").contains("memo"));
}

#[test]
fn a_padded_note_says_nothing_by_its_size() {
    let note = pad_note(b"null", 4096).unwrap();
    assert_eq!(note.len(), 4096);
    assert_eq!(unpad_note(&note, 4096), Ok(&b"null"[..]));
    assert_eq!(
        pad_note(&[1; 4093], 4096).unwrap_err(),
        NoteError::TooLong {
            len: 4093,
            size: 4096
        }
    );
    assert!(pad_note(&[1; 4092], 4096).is_ok());
    assert!(pad_note(b"", 3).is_err());
    assert_eq!(
        unpad_note(&note, 4097),
        Err(NoteError::WrongSize {
            len: 4096,
            size: 4097
        })
    );
    let mut bad = note.to_vec();
    bad[4095] = 1;
    assert_eq!(unpad_note(&bad, 4096), Err(NoteError::Padding));
    let mut bad = note.to_vec();
    bad[0] = 255;
    assert_eq!(unpad_note(&bad, 4096), Err(NoteError::Padding));
    assert_eq!(unpad_note(&[], 0), Err(NoteError::Padding));

    let key = Identity::generate().to_recipient();
    let size = |content: &[u8]| {
        let note = pad_note(content, 4096).unwrap();
        let sealed = seal(std::slice::from_ref(&key), &note).unwrap();
        sealed.len() - header_end(&sealed)
    };
    assert_eq!(size(b"null"), size(&[b'n'; 3000]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn notes_come_back(content in prop::collection::vec(any::<u8>(), 0..200), more in 0..50_usize) {
        let size = content.len() + 4 + more;
        let note = pad_note(&content, size).unwrap();
        prop_assert_eq!(unpad_note(&note, size), Ok(&content[..]));
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..300), cut in 0..200_usize) {
        let key = [Identity::generate()];
        let mut sealed = seal(&[key[0].to_recipient()], TEXT).unwrap();
        sealed.truncate(cut);
        sealed.extend(noise);
        prop_assert!(open(&key, &sealed, 1000).is_err());
        prop_assert!(open_with_passphrase(&pass("x"), &sealed, 1000).is_err());
    }
}
