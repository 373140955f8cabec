//! Responses as stewards write them.

use demur_channel::{
    Outcome, Rejoinder, Response, ResponseError, ResponseFile,
    response::{POINTS_MAX, RESPONSE_BYTES_MAX},
};
use demur_encoding::{Digest, canonical, merkle};
use proptest::prelude::*;

fn memo() -> Digest {
    Digest::new([7; 32])
}

fn head() -> String {
    format!("+++\nmemo = \"{}\"\n+++\n", memo())
}

fn three() -> String {
    format!(
        "{}\nThe Ministry thanks the authors.\n\n## Point 2: rejected\n\nNo.\n\n- because\n\n\
         ## Point 1: accepted\nYes.\n## Point 3: partly\n\nIn the *upper* harbour.\n",
        head()
    )
}

#[test]
fn reads_points_in_any_order() {
    let response = Response::parse(&three()).unwrap();
    assert_eq!(response.memo(), memo());
    assert_eq!(response.general(), Some("The Ministry thanks the authors."));
    let points: Vec<_> = response
        .points()
        .iter()
        .map(|p| (p.number, p.outcome, p.answer.as_str()))
        .collect();
    let expected = [
        (1, Outcome::Accepted, "Yes."),
        (2, Outcome::Rejected, "No.\n\n- because"),
        (3, Outcome::Partly, "In the *upper* harbour."),
    ];
    assert_eq!(points, expected);
    assert_eq!(response.check_complete(memo(), 3), Ok(()));
    assert_eq!(Response::parse(&response.to_text()), Ok(response));
}

#[test]
fn line_ends_of_any_kind_are_one() {
    let text = |end: &str| format!("{}## Point 1: noted\nHeard.{end}Noted.\n", head());
    for end in ["\n", "\r\n", "\r"] {
        let response = Response::parse(&text(end)).unwrap();
        assert_eq!(response.points()[0].answer, "Heard.\nNoted.");
    }
    // Two carriage returns before a line feed left one in the answer, which was gone when it was read again.
    let response = Response::parse(&text("\r\r\n")).unwrap();
    assert_eq!(Response::parse(&response.to_text()), Ok(response));
}

#[test]
fn refused_while_a_point_is_unanswered() {
    let response = Response::parse(&three()).unwrap();
    let error = response.check_complete(memo(), 5).unwrap_err();
    assert_eq!(error, ResponseError::Unanswered(vec![4, 5]));
    assert!(error.to_string().contains("point 4, point 5"));
    let error = response.check_complete(memo(), 2).unwrap_err();
    assert_eq!(
        error,
        ResponseError::NoSuchPoint {
            count: 2,
            numbers: vec![3]
        }
    );
    let other = response.check_complete(Digest::new([8; 32]), 3);
    assert!(matches!(other, Err(ResponseError::OtherMemo { .. })));
    assert!(response.check_complete(memo(), u32::MAX).is_err());
    let empty = Response::parse(&head()).unwrap();
    assert_eq!(empty.check_complete(memo(), 0), Ok(()));
    assert_eq!(
        empty.check_complete(memo(), 1),
        Err(ResponseError::Unanswered(vec![1]))
    );
    // The template that a steward is given is no answer.
    let template = Response::template(memo(), 2);
    assert_eq!(
        Response::parse(&template),
        Err(ResponseError::Empty { number: 1 })
    );
}

#[test]
fn errors_name_the_line() {
    let with = |text: &str| Response::parse(&format!("{}{text}", head())).unwrap_err();
    for bad in [
        "## Point 1",
        "## Point 1: yes",
        "## Point 1:",
        "## Point one: noted",
        "## Point 0: noted",
        "## Point 01: noted",
        "## Point +1: noted",
        "## Point : noted",
        "## Point 65: noted",
        "## Point 99999999999: noted",
        "## Points",
    ] {
        assert_eq!(with(bad), ResponseError::Heading { line: 4 }, "{bad}");
    }
    let twice = "## Point 1: noted\nx\n## Point 1: noted\ny";
    assert_eq!(with(twice), ResponseError::Twice { line: 6, number: 1 });
    assert_eq!(
        with("## Point 1: noted\n \n"),
        ResponseError::Empty { number: 1 }
    );
    for bad in ["", "memo", "+++\n", "+++\nmemo = \"x\"\n"] {
        assert_eq!(Response::parse(bad), Err(ResponseError::NoHead), "{bad}");
    }
    for (bad, line) in [
        ("+++\nmemo = \"x\"\n+++\n", 2),
        ("+++\n\nmemo = 3 =\n+++\n", 3),
        (&format!("+++\nmemo = \"{}\"\nby = 1\n+++\n", memo()), 3),
    ] {
        match Response::parse(bad) {
            Err(ResponseError::Head { line: found, .. }) => assert_eq!(found, line, "{bad}"),
            other => panic!("{bad}: {other:?}"),
        }
    }
    let long = "x".repeat(1 << 21);
    assert!(matches!(
        Response::parse(&long),
        Err(ResponseError::TooLong(_))
    ));
}

#[test]
fn the_bounds_themselves_are_within() {
    let long = format!(
        "{}{}",
        head(),
        "x".repeat(RESPONSE_BYTES_MAX - head().len())
    );
    assert!(Response::parse(&long).is_ok());
    let longer = format!("{long}x");
    assert_eq!(
        Response::parse(&longer),
        Err(ResponseError::TooLong(RESPONSE_BYTES_MAX + 1))
    );

    let answers = |last: u32| {
        let sections = (1..=last).map(|n| format!("## Point {n}: noted\nHeard.\n"));
        Response::parse(&sections.fold(head(), |text, section| text + &section)).unwrap()
    };
    let all = answers(POINTS_MAX);
    assert_eq!(all.check_complete(memo(), POINTS_MAX), Ok(()));
    let bytes = canonical::to_vec(&all).unwrap();
    assert_eq!(canonical::from_slice(&bytes), Ok(all.clone()));
    for (response, points) in [(answers(POINTS_MAX - 1), POINTS_MAX), (all, POINTS_MAX + 1)] {
        assert_eq!(
            response.check_complete(memo(), points),
            Err(ResponseError::Unanswered(vec![points]))
        );
    }
}

#[test]
fn the_root_commits_to_each_answer() {
    let response = Response::parse(&three()).unwrap();
    let file = ResponseFile {
        salt: Digest::new([1; 32]),
        response,
    };
    let leaves = file.leaves().unwrap();
    assert_eq!(leaves.len(), 4);
    let tree = file.tree().unwrap();
    for (i, leaf) in leaves.iter().enumerate() {
        let i = i as u64;
        let proof = tree.prove(i).unwrap();
        assert!(merkle::verify(tree.root(), tree.size(), i, leaf, &proof));
    }
    let second = String::from_utf8(leaves[2].clone()).unwrap();
    assert!(
        second.starts_with(r#"{"answer":"No.\n\n- because","memo":""#),
        "{second}"
    );
    assert!(second.contains(r#""number":2,"outcome":"rejected","salt":""#));

    let root = |from: &str, to: &str, salt: u8| {
        let response = Response::parse(&three().replacen(from, to, 1)).unwrap();
        let salt = Digest::new([salt; 32]);
        ResponseFile { salt, response }.tree().unwrap().root()
    };
    assert_eq!(root("Yes.", "Yes.", 1), tree.root());
    assert_ne!(root("Yes.", "Yes!", 1), tree.root());
    assert_ne!(root("accepted", "noted", 1), tree.root());
    assert_ne!(root("thanks", "thanked", 1), tree.root());
    assert_ne!(root("Yes.", "Yes.", 2), tree.root());
}

#[test]
fn the_file_is_read_back_and_nothing_else_is() {
    let file = ResponseFile {
        salt: Digest::new([1; 32]),
        response: Response::parse(&three()).unwrap(),
    };
    let bytes = file.to_vec().unwrap();
    assert_eq!(ResponseFile::from_slice(&bytes).unwrap(), file);
    let text = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        ("\"number\":2", "\"number\":1"),
        ("\"number\":3", "\"number\":65"),
        ("\"Yes.\"", "\" \""),
        ("\"general\"", "\"extra\":1,\"general\""),
        (":{", ": {"),
    ] {
        let bad = text.replacen(from, to, 1);
        assert_ne!(bad, text);
        assert!(ResponseFile::from_slice(bad.as_bytes()).is_err(), "{to}");
    }
}

#[test]
fn rejoinders() {
    let rejoinder = Rejoinder::new(memo(), "The survey is not mentioned.").unwrap();
    assert_eq!(rejoinder.text(), "The survey is not mentioned.");
    let other = Rejoinder::new(memo(), "The survey is mentioned.").unwrap();
    assert_ne!(rejoinder.digest(), other.digest());
    let bytes = canonical::to_vec(&rejoinder).unwrap();
    assert_eq!(canonical::from_slice::<Rejoinder>(&bytes), Ok(rejoinder));
    let blank = format!(r#"{{"memo":"{}","text":" "}}"#, memo());
    assert!(canonical::from_slice::<Rejoinder>(blank.as_bytes()).is_err());
    assert!(Rejoinder::new(memo(), " \n").is_err());
    assert!(Rejoinder::new(memo(), &"x".repeat(1 << 19)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn hostile_text_never_panics(text in "(\\+\\+\\+\n)?(memo = \"[0-9a-f]{0,64}\"\n)?(\\+\\+\\+\n)?(## Point [0-9]{0,3}: (noted|é|accepted)?\n.{0,20}\n){0,4}") {
        let _ = Response::parse(&text);
    }
}
