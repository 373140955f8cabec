//! Whatever comes in, nothing panics, and what is read is written the same.

use demur_client::{
    author::AuthorToken,
    identity::Phrase,
    link::Link,
    registrar::{Code, parse_people},
    signer::Claim,
    transport::Response,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn texts(text in ".{0,300}") {
        if let Ok(link) = text.parse::<Link>() {
            prop_assert_eq!(link.reveal().parse::<Link>(), Ok(link));
        }
        if let Ok(token) = text.parse::<AuthorToken>() {
            prop_assert_eq!(token.to_string(), text.trim());
        }
        let _ = text.parse::<Code>();
        let _ = text.parse::<Phrase>();
        let _ = parse_people(text.as_bytes());
    }

    #[test]
    fn near_misses(secret in "[A-Za-z0-9_-]{40,46}", memo in "[0-9a-f]{62,66}", code in "[0-9A-Za-z-]{18,26}") {
        let text = format!("https://x.example/m/{memo}#{secret}");
        if let Ok(link) = text.parse::<Link>() {
            prop_assert_eq!(&**link.reveal(), &text);
        }
        if let Ok(read) = code.parse::<Code>() {
            prop_assert_eq!(read.reveal().parse::<Code>(), Ok(read));
        }
    }

    #[test]
    fn tables(rows in prop::collection::vec("[a-c@.;, \"\n-]{0,24}", 0..12)) {
        let csv = format!("name,title,email,cohorts\n{}", rows.join("\n"));
        if let Ok(people) = parse_people(csv.as_bytes()) {
            let mut emails: Vec<_> = people.iter().map(|p| &p.email).collect();
            emails.sort();
            emails.dedup();
            prop_assert_eq!(emails.len(), people.len());
        }
    }

    #[test]
    fn bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), status in 0_u16..700) {
        let _ = Claim::from_slice(&bytes);
        let _ = parse_people(&bytes);
        let answer = demur_client::calls::channel().read(Response { status, body: bytes });
        prop_assert!(answer.is_err());
    }
}
