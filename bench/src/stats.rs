//! Times of many requests.

use std::{fmt, time::Duration};

/// How long requests took.
#[derive(Debug, Clone, Default)]
pub struct Times {
    sorted: Vec<Duration>,
}

impl Times {
    /// Of these.
    #[must_use]
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { sorted: times }
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The smallest time that at least `percent` of a hundred don't exceed (nearest rank); zero of none.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.sorted.len() * percent).div_ceil(100);
        let at = rank.saturating_sub(1);
        self.sorted.get(at).copied().unwrap_or_default()
    }

    /// The longest; zero of none.
    #[must_use]
    pub fn max(&self) -> Duration {
        self.sorted.last().copied().unwrap_or_default()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        write!(
            f,
            "median {:.1} ms, 99th percentile {:.1} ms, longest {:.1} ms",
            ms(self.percentile(50)),
            ms(self.percentile(99)),
            ms(self.max())
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks() {
        let ms = Duration::from_millis;
        let times = Times::new((1..=200).rev().map(ms).collect());
        assert_eq!(times.percentile(50), ms(100));
        assert_eq!(times.percentile(99), ms(198));
        assert_eq!(times.percentile(100), ms(200));
        assert_eq!((times.max(), times.count()), (ms(200), 200));
        let one = Times::new(vec![ms(7)]);
        assert_eq!((one.percentile(50), one.percentile(99)), (ms(7), ms(7)));
        assert_eq!(Times::default().percentile(50), Duration::ZERO);
    }
}
