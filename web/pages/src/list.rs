//! Lists that are cut into pages.

use axum::extract::{Query, rejection::QueryRejection};
use serde::Deserialize;

/// Which page of a list: `?page=2`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Wanted {
    /// From 1.
    page: Option<u64>,
}

/// The way from page to page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) page: usize,
    pub(crate) last: usize,
    /// Whether later pages hold what is newer.
    ascending: bool,
}

impl Turn {
    /// Of a list whose first page holds the newest.
    pub(crate) fn new(
        wanted: Result<Query<Wanted>, QueryRejection>,
        total: usize,
        each: usize,
    ) -> Self {
        Self::of(wanted, total, each, false)
    }

    /// Of a list whose last page holds the newest, and is shown unless another is asked for.
    pub(crate) fn ascending(
        wanted: Result<Query<Wanted>, QueryRejection>,
        total: usize,
        each: usize,
    ) -> Self {
        Self::of(wanted, total, each, true)
    }

    /// A page that there isn't is the nearest that there is.
    fn of(
        wanted: Result<Query<Wanted>, QueryRejection>,
        total: usize,
        each: usize,
        ascending: bool,
    ) -> Self {
        let last = total.div_ceil(each).max(1);
        let wanted = wanted.ok().and_then(|Query(wanted)| wanted.page);
        let page = match wanted {
            Some(page) => usize::try_from(page).unwrap_or(last),
            None if ascending => last,
            None => 1,
        };
        Self {
            page: page.clamp(1, last),
            last,
            ascending,
        }
    }

    /// How many stand on the pages before.
    pub(crate) const fn skip(&self, each: usize) -> usize {
        (self.page - 1) * each
    }

    pub(crate) fn newer(&self) -> Option<usize> {
        if self.ascending {
            self.up()
        } else {
            self.down()
        }
    }

    pub(crate) fn older(&self) -> Option<usize> {
        if self.ascending {
            self.down()
        } else {
            self.up()
        }
    }

    fn up(&self) -> Option<usize> {
        (self.page < self.last).then_some(self.page + 1)
    }

    fn down(&self) -> Option<usize> {
        (self.page > 1).then_some(self.page - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_not_there_is_the_nearest() {
        let at = |page: Option<u64>, total| {
            let turn = Turn::new(Ok(Query(Wanted { page })), total, 10);
            (turn.page, turn.last, turn.newer(), turn.older())
        };
        assert_eq!(at(None, 0), (1, 1, None, None));
        assert_eq!(at(None, 11), (1, 2, None, Some(2)));
        assert_eq!(at(Some(0), 11), (1, 2, None, Some(2)));
        assert_eq!(at(Some(u64::MAX), 21), (3, 3, Some(2), None));
        let newest = Turn::ascending(Ok(Query(Wanted { page: None })), 21, 10);
        assert_eq!(
            (newest.page, newest.newer(), newest.older()),
            (3, None, Some(2))
        );
        assert_eq!(newest.skip(10), 20);
    }
}
