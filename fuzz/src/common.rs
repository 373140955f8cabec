//! The channel of the tests of `demur-check`.

pub(crate) use crate::rules;

#[allow(dead_code, unreachable_pub, reason = "a part of it is enough here")]
#[path = "../../crates/check/tests/common/channel.rs"]
pub(crate) mod channel;
