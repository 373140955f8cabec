//! The stock `age` program (Debian package `age`) opens what we seal, and we open what it seals.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use demur_seal::{ExposeSecret, Form, Identity, Recipient, SecretString, open, seal_in};

const AGE: &str = "/usr/bin/age";
const KEYGEN: &str = "/usr/bin/age-keygen";
const TEXT: &[u8] = b"Point 1: the survey comes first.\n";

fn present() -> bool {
    let present = Path::new(AGE).exists() && Path::new(KEYGEN).exists();
    if !present {
        eprintln!("skipped: no {AGE}; install the package age");
    }
    present
}

fn run(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {args:?}");
    output.stdout
}

#[test]
fn stock_age_opens_ours() {
    if !present() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("key.txt");
    let office = Identity::generate();
    let recovery = Identity::generate();
    fs::write(&key_file, office.to_secret().expose_secret()).unwrap();
    let recipients = [office.to_recipient(), recovery.to_recipient()];
    for form in [Form::Binary, Form::Armored] {
        let sealed = seal_in(form, &recipients, TEXT).unwrap();
        let opened = run(AGE, &["-d", "-i", key_file.to_str().unwrap()], &sealed);
        assert_eq!(opened, TEXT);
    }
}

#[test]
fn we_open_stock_age() {
    if !present() {
        return;
    }
    let printed = String::from_utf8(run(KEYGEN, &[], b"")).unwrap();
    let secret = printed.lines().find(|line| !line.starts_with('#')).unwrap();
    let key = Identity::from_secret(&SecretString::from(secret.to_owned())).unwrap();
    let public: Recipient = printed
        .split_whitespace()
        .find(|word| word.starts_with("age1"))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(key.to_recipient(), public);
    let to = public.to_string();
    for args in [&["-r", &to][..], &["-a", "-r", &to]] {
        let sealed = run(AGE, args, TEXT);
        let opened = open(std::slice::from_ref(&key), &sealed, 1000).unwrap();
        assert_eq!(&opened[..], TEXT);
    }
}
