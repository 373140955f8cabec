//! What the shipped profiles say, held against the crate that uses it.

use demur_channel::{Profile, SHIPPED};
use demur_memo::marking::Rules;

fn profiles() -> impl Iterator<Item = Profile> {
    SHIPPED
        .iter()
        .map(|(_, text)| Profile::parse(text).unwrap())
}

#[test]
fn the_marking_rules_are_those_of_the_memo_crate() {
    for profile in profiles() {
        let marking = &profile.marking;
        for ceiling in marking.scheme.ceilings() {
            let rules = Rules::new(
                marking.scheme.as_str(),
                ceiling,
                &marking.forbidden,
                marking.unmarked.as_str(),
            );
            assert!(rules.is_ok(), "{}: {ceiling}: {rules:?}", profile.id);
        }
    }
}

#[test]
fn every_profile_can_be_followed() {
    for profile in profiles() {
        let id = &profile.id;
        // Who is told to go elsewhere is told why and where.
        assert!(profile.scope.reasons.len() >= 2, "{id}");
        assert!(profile.default_distribution().count() >= 1, "{id}");
        // A version can be signed before the sign-on that was begun after it expires.
        let signing = &profile.signing;
        assert!(
            signing.expiry_max_seconds >= signing.quiet_period_seconds,
            "{id}"
        );
        // A sign-on that was promised is in the record before it expires.
        assert!(
            signing.expiry_max_seconds > profile.record.promise_max_delay_seconds,
            "{id}"
        );
    }
}
