//! Charts as SVG, drawn on the server. Colours come from the style sheet; what a chart shows stands in a table beside it, too.

use std::fmt::Write as _;

/// The width of a chart, in its own units; a browser scales it.
const WIDTH: usize = 640;

/// The height of the part that holds bars.
const PLOT: usize = 160;

/// The room left of the bars, for the numbers of the scale.
const LEFT: usize = 44;

/// The room above the bars.
const TOP: usize = 14;

/// The room below the bars, for the labels.
const BOTTOM: usize = 26;

/// The widest bar.
const WIDEST: usize = 56;

/// What bars are filled with, in order; the style sheet knows the names.
const FILLS: [&str; 4] = ["bar", "bar-2", "bar-3", "bar-4"];

/// Groups of bars over labels.
#[derive(Debug, Clone)]
pub(crate) struct Chart {
    /// A word for the identifiers of its parts: letters.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What each part of a bar, or each bar of a group, stands for.
    pub(crate) legend: Vec<&'static str>,
    pub(crate) groups: Vec<Group>,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) label: String,
    /// In tenths; one for each of the legend.
    pub(crate) tenths: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One bar of parts on each other.
    Stacked,
    /// A bar for each.
    Beside,
}

impl Chart {
    /// What the chart shows, in words.
    pub(crate) fn description(&self) -> String {
        let mut text = String::new();
        for group in &self.groups {
            let parts = self.legend.iter().zip(&group.tenths);
            let parts: Vec<_> = parts
                .map(|(legend, tenths)| format!("{legend} {}", number(*tenths)))
                .collect();
            let _ = write!(text, "{}: {}. ", group.label, parts.join(", "));
        }
        text.trim_end().to_owned()
    }

    /// The class of each of the legend, with its words.
    pub(crate) fn keys(&self) -> Vec<(&'static str, &'static str)> {
        FILLS.into_iter().zip(self.legend.iter().copied()).collect()
    }

    /// The chart. All that is written into it but the groups' labels is this program's own, and these are escaped.
    pub(crate) fn svg(&self) -> String {
        let height = TOP + PLOT + BOTTOM;
        let id = self.id;
        let mut svg = format!(
            "<svg role=\"img\" aria-labelledby=\"{id}-title {id}-text\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\
             <title id=\"{id}-title\">{}</title><desc id=\"{id}-text\">{}</desc>",
            escape(self.title),
            escape(&self.description())
        );
        let step = self.step();
        let top = self.most().div_ceil(step).max(1) * step;
        let height_of = |tenths: u64| usize::try_from(tenths * PLOT as u64 / top).unwrap_or(PLOT);
        for at in (0..=top / step).map(|n| n * step) {
            let y = TOP + PLOT - height_of(at);
            let class = if at == 0 { "axis" } else { "grid" };
            let _ = write!(
                svg,
                "<line class=\"{class}\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{WIDTH}\" y2=\"{y}\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                LEFT - 6,
                y + 4,
                number(at)
            );
        }
        let each = (WIDTH - LEFT) / self.groups.len().max(1);
        for (n, group) in self.groups.iter().enumerate() {
            let left = LEFT + n * each;
            self.bars(&mut svg, group, left, each, &height_of);
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                left + each / 2,
                TOP + PLOT + 18,
                escape(&group.label)
            );
        }
        svg.push_str("</svg>");
        svg
    }

    fn bars(
        &self,
        svg: &mut String,
        group: &Group,
        left: usize,
        each: usize,
        height_of: &impl Fn(u64) -> usize,
    ) {
        let bars = match self.kind {
            Kind::Stacked => 1,
            Kind::Beside => group.tenths.len().max(1),
        };
        let width = (each * 7 / 10 / bars).clamp(1, WIDEST);
        let begin = left + (each - width * bars) / 2;
        let mut below = 0;
        for (n, (tenths, fill)) in group.tenths.iter().zip(FILLS).enumerate() {
            let (x, from) = match self.kind {
                Kind::Stacked => (begin, below),
                Kind::Beside => (begin + n * width, 0),
            };
            // From the whole's heights, so that rounding leaves no gaps.
            let (low, high) = (height_of(from), height_of(from + tenths));
            below += tenths;
            if high > low {
                let _ = write!(
                    svg,
                    "<rect class=\"{fill}\" x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{}\"/>",
                    TOP + PLOT - high,
                    high - low
                );
            }
        }
    }

    fn most(&self) -> u64 {
        let of = |group: &Group| match self.kind {
            Kind::Stacked => group.tenths.iter().sum(),
            Kind::Beside => group.tenths.iter().copied().max().unwrap_or(0),
        };
        self.groups.iter().map(of).max().unwrap_or(0)
    }

    /// The distance of the scale's lines, in tenths: 1, 2 or 5 times a power of ten, for at most six lines.
    fn step(&self) -> u64 {
        let least = self.most().div_ceil(5).max(1);
        let mut power = 10;
        loop {
            for step in [power, 2 * power, 5 * power] {
                if step >= least {
                    return step;
                }
            }
            power *= 10;
        }
    }
}

/// Tenths as a number.
pub(crate) fn number(tenths: u64) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        part => format!("{}.{part}", tenths / 10),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(kind: Kind, groups: &[&[u64]]) -> Chart {
        let group = |(n, tenths): (usize, &&[u64])| Group {
            label: format!("{}", 2020 + n),
            tenths: tenths.to_vec(),
        };
        Chart {
            id: "test",
            title: "A <chart>",
            legend: vec!["in time", "late"],
            groups: groups.iter().enumerate().map(group).collect(),
            kind,
        }
    }

    #[test]
    fn parts_stand_on_each_other_and_fill_the_whole() {
        let svg = chart(Kind::Stacked, &[&[30, 20], &[0, 0]]).svg();
        // The highest bar is 5 of 5: all of the plot.
        assert!(
            svg.contains("<rect class=\"bar\" x=\"165\" y=\"78\" width=\"56\" height=\"96\"/>"),
            "{svg}"
        );
        assert!(
            svg.contains("<rect class=\"bar-2\" x=\"165\" y=\"14\" width=\"56\" height=\"64\"/>"),
            "{svg}"
        );
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(svg.contains("A &lt;chart&gt;") && !svg.contains("style"));
        assert!(svg.contains("2020: in time 3, late 2. 2021: in time 0, late 0."));
    }

    #[test]
    fn the_scale_has_round_steps() {
        for (most, step) in [
            (0, 10),
            (10, 10),
            (50, 10),
            (51, 20),
            (260, 100),
            (3_333, 1_000),
        ] {
            assert_eq!(chart(Kind::Beside, &[&[most, 0]]).step(), step, "{most}");
        }
        assert_eq!(
            (number(0), number(15), number(1_230)),
            ("0".into(), "1.5".into(), "123".into())
        );
        // No group at all is a chart without bars.
        assert!(!chart(Kind::Beside, &[]).svg().contains("<rect"));
    }
}
