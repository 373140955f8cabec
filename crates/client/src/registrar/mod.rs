//! The registrar's device: the private register, enrolments, editions.
//!
//! The register never reaches the server. What does: mailbox names, sealed replies, and an
//! edition's leaves, which name nobody.

mod code;
mod mail;
mod people;
mod publish;
mod register;

pub use code::{Code, ParseCodeError};
pub use mail::parts;
pub use people::{
    ALL, MAX_COHORT, MAX_COHORTS, MAX_FIELD, MAX_PEOPLE, MAX_PEOPLE_BYTES, MAX_PROBLEMS,
    PeopleError, Person, RowProblem, is_cohort, parse as parse_people,
};
pub use publish::{Publication, PublishError, SmallCohorts};
pub use register::{Changes, EnrolledAs, Member, Received, Refusal, Refused, Register, Status};
