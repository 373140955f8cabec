//! Requests that only one key's holder may make.

use demur_client::api::{REQUEST_WINDOW_SECONDS, SignedRequest};
use demur_encoding::{Digest, Time};
use demur_record::entry::verify_signature;

use crate::problem::Refusal;

/// Whether `request` was signed by one of `keys`, for this purpose and subject, just now.
///
/// Within its window a request can be sent again by whoever saw it: all that these paths do is the same when done
/// twice, and what they answer is sealed or was seen with the request.
pub(crate) fn authorize(
    request: &SignedRequest,
    purpose: &str,
    subject: &str,
    keys: &[Digest],
    now: Time,
) -> Result<(), Refusal> {
    if request.purpose != purpose || request.subject != subject {
        return Err(Refusal::forbidden(
            "signature",
            format!("sign purpose {purpose:?} and subject {subject:?}"),
        ));
    }
    let off = request.time.since(now).max(now.since(request.time));
    if off > REQUEST_WINDOW_SECONDS {
        let message = format!(
            "the request's time is {off} seconds from the server's {now}: set the clock and sign again"
        );
        return Err(Refusal::forbidden("clock", message));
    }
    let hash = SignedRequest::signed_hash(purpose, subject, request.time);
    if keys.contains(&request.key) && verify_signature(hash, request.key, &request.signature) {
        Ok(())
    } else {
        Err(Refusal::forbidden(
            "signature",
            "not signed by a key that may ask for this",
        ))
    }
}

#[cfg(test)]
mod tests {
    use demur_encoding::Bytes;
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;

    fn request(key: &SigningKey, purpose: &str, subject: &str, time: Time) -> SignedRequest {
        let hash = SignedRequest::signed_hash(purpose, subject, time);
        SignedRequest {
            purpose: purpose.to_owned(),
            subject: subject.to_owned(),
            time,
            key: Digest::new(key.verifying_key().to_bytes()),
            signature: Bytes(key.sign(hash.as_bytes()).to_bytes().to_vec()),
        }
    }

    #[test]
    fn a_request_is_good_for_one_thing_one_key_and_some_minutes() {
        let (key, other) = (
            SigningKey::from_bytes(&[1; 32]),
            SigningKey::from_bytes(&[2; 32]),
        );
        let public = Digest::new(key.verifying_key().to_bytes());
        let now = Time::from_unix(1_800_000_000);
        let good = request(&key, "case", "m", now);
        let code = |r: &SignedRequest, purpose, subject, now| {
            authorize(r, purpose, subject, &[public], now).map_err(|e| e.code())
        };
        assert_eq!(code(&good, "case", "m", now), Ok(()));
        assert_eq!(
            code(&good, "case", "m", now.plus(REQUEST_WINDOW_SECONDS)),
            Ok(())
        );
        assert_eq!(
            code(&good, "case", "m", now.plus(REQUEST_WINDOW_SECONDS + 1)),
            Err("clock")
        );
        let early = request(&key, "case", "m", now.plus(REQUEST_WINDOW_SECONDS + 1));
        assert_eq!(code(&early, "case", "m", now), Err("clock"));
        assert_eq!(code(&good, "message", "m", now), Err("signature"));
        assert_eq!(code(&good, "case", "n", now), Err("signature"));
        assert_eq!(
            code(&request(&other, "case", "m", now), "case", "m", now),
            Err("signature")
        );
        let mut stolen = request(&other, "case", "m", now);
        stolen.key = public;
        assert_eq!(code(&stolen, "case", "m", now), Err("signature"));
        let mut moved = good.clone();
        moved.time = now.plus(1);
        assert_eq!(code(&moved, "case", "m", now), Err("signature"));
        let mut long = good;
        long.signature.0.push(0);
        assert_eq!(code(&long, "case", "m", now), Err("signature"));
    }
}
